"""interactions.py ANALYZER DATA BYTES [LOG…]: a data directory with sealed segments of about BYTES, for measuring.

Slices of the logs (without any: generated ones) of 40 to 4,000 lines are analyzed and imported as interactions, each once.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Lines of a slice: most people send little, some a lot.
SLICES = (40, 100, 200, 400, 800, 1500, 4000)
# Bytes of a slice: more would be kept in a blob beside its record.
MAX_SLICE_BYTES = 250_000


def main():
    """Slices to a segment."""
    analyzer, data, wanted, *logs = sys.argv[1:]
    chance = random.Random(1)
    os.makedirs(data)
    written, number = 0, 0
    source = f"{data}.jsonl"
    with tempfile.TemporaryDirectory() as work, open(source, "w", encoding="utf-8") as out:
        for text in slices(logs, int(wanted), chance):
            number += 1
            path = f"{work}/slice.log"
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            answer = subprocess.run([analyzer, "analyze", "--json", path], stdout=subprocess.PIPE, check=False)
            line = record(text, json.loads(answer.stdout), number, chance)
            written += out.write(line)
            if written >= int(wanted):
                break
    subprocess.run([analyzer, "import", "--data", data, "--redact", "none", source], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([analyzer, "fsck", "--data", data, "--reseal"], check=False, stdout=subprocess.DEVNULL)
    os.remove(source)


def slices(logs, wanted, chance):
    """Texts, until somebody has enough."""
    texts = []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace", newline="") as file:
            texts.append(file.read().splitlines(keepends=True))
    if not texts:
        made = subprocess.run([sys.executable, f"{HERE}/generate.py", "services", str(wanted)], stdout=subprocess.PIPE, check=True)
        texts.append(made.stdout.decode().splitlines(keepends=True))
    at = [0] * len(texts)
    while True:
        for index, lines in enumerate(texts):
            count = chance.choice(SLICES)
            text = "".join(lines[at[index]:at[index] + count])[:MAX_SLICE_BYTES]
            at[index] = at[index] + count if at[index] + count < len(lines) else 0
            if text.strip():
                yield text


def record(text, answer, number, chance):
    """A line of the documented format."""
    fields = {
        "timestamp": f"2026-11-22T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "user_query": "why did it fail?",
        "log_content": text,
        "log_filename": f"{number}.log",
        "analysis_results": answer["analysis_results"],
        "response_text": answer["response_text"],
        "model_version": "rules",
        "is_useful": chance.choice([None, None, None, True, False]),
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


main()
