"""export_plain.py OUT [--failures] SEGMENT…: interactions to labelled examples, as somebody would write it in an afternoon.

JSON lines are parsed, failures and (but for --failures) a sample of the other lines become examples, those of the same masked text, level,
component and label are folded, and pyarrow writes them. No corrections, no checksums, no digest, and simpler masks.
"""
import json
import re
import sys

import pyarrow as pa
import pyarrow.parquet as pq

MAX_WHOLE_LINES, WINDOWS, WINDOW_LINES = 512, 8, 64
MASK = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|/[\w./-]+|\d+(?:[.:]\d+)*")
LINE = re.compile(
    r"^(?P<timestamp>\d{4}-\d\d-\d\d[ T][\d:.,]+Z?|\w{3} +\d+ [\d:]+)?[ |]*(?P<level>TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)?[ |]*(?P<message>.*)$")


def main():
    """Every segment, one after the other."""
    out, *rest = sys.argv[1:]
    only_failures = rest[0] == "--failures"
    folded = {}
    for segment in rest[only_failures:]:
        with open(segment, encoding="utf-8") as file:
            for line in file:
                interaction(json.loads(line), folded, only_failures)
    rows = list(folded.values())
    pq.write_table(pa.Table.from_pylist(rows), out, compression="zstd")


def interaction(record, folded, only_failures):
    """The examples of one interaction."""
    results = record["analysis_results"]
    useful = record["is_useful"]
    source, weight = ("thumb", 2.0) if useful else ("rule", 1.0 if useful is None else 0.1)
    failing = set()
    for group in results["failures"]:
        for first, last in zip(group["lines"], group["line_ends"]):
            failing.update(range(first, last + 1))
        add(folded, record, group["log_entry"].split("\n")[0], (True, source, weight), group["count"], group)
    if only_failures:
        return
    lines = record["log_content"].split("\n")
    numbers = range(1, len(lines) + 1)
    if len(lines) > MAX_WHOLE_LINES:
        stride = len(lines) // WINDOWS
        numbers = (at + n + 1 for at in range(0, len(lines), stride) for n in range(WINDOW_LINES) if at + n < len(lines))
    for number in numbers:
        text = lines[number - 1]
        if text and number not in failing:
            add(folded, record, text, (False, source, weight), 1, None)


def add(folded, record, text, label, count, group):
    """Folds one entry in."""
    found = LINE.match(text)
    template = MASK.sub("<*>", found["message"])
    level = group["level"] if group else found["level"]
    component = group["component"] if group else None
    known = folded.get((template, level, component, label))
    if known:
        known["count"] += count
        return
    folded[template, level, component, label] = {
        "log_entry": text[:2048], "component": component, "operation": group["operation"] if group else None, "level": level,
        "is_failure": label[0], "severity": group["severity"] if group else 0.0,
        "error_patterns": group["error_patterns"] if group else [], "keywords": group["keywords"] if group else [],
        "timestamp": found["timestamp"], "transaction_id": group["transaction_id"] if group else None,
        "source": "chat_interaction", "interaction_timestamp": record["timestamp"], "label_source": label[1],
        "weight": label[2], "template": template, "interaction_id": record["id"], "count": count,
    }


main()
