"""sequences.py MEASURED OUT: what the example `sequence_quality` measured, as a markdown table and in OUT/sequences.json."""
import json
import sys

import bootstrap
from tables import table


def main():
    """A row for each split, and the means."""
    measured, out = sys.argv[1:]
    with open(measured, encoding="utf-8") as file:
        found = json.load(file)
    print("\n## Sessions: what is normal learned from normal ones\n")
    print(f"{found['sessions']} sessions of HDFS, {found['abnormal']} of them abnormal, {found['count_vectors']} count vectors. "
          "The oracle knows the best decision for each vector; the rule tells a vector that was never seen.\n")
    rows = []
    for split in found["splits"]:
        rows.append([
            f"{split['split']} {split['share']:.0%}", split["learned_from"], *(figures(split[who]) for who in ("model", "rule", "oracle")),
            f"{split['share_of_oracle']:.3f}", f"{split['rule_share_of_oracle']:.3f}",
        ])
    table(["learned from", "normal", "logloop: F1 (hits, false alarms)", "rule", "oracle", "of the oracle", "the rule"], rows)
    print("\nMean share of the oracle's F1 (95 %):\n")
    rows = []
    for kind in ("time", "random"):
        splits = [split for split in found["splits"] if split["split"] == kind]
        ours = [split["share_of_oracle"] for split in splits]
        rule = [split["rule_share_of_oracle"] for split in splits]
        rows.append([kind, len(splits), span(ours), span(rule), span([a - b for a, b in zip(ours, rule)])])
    table(["splits", "", "logloop", "rule", "difference, split by split"], rows)
    with open(f"{out}/sequences.json", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    print(f"\nwritten: {out}/sequences.json")


def figures(score):
    """F1 with what it comes from."""
    return f"{score['f1']:.3f} ({score['hits']}, {score['false_alarms']})"


def span(values):
    """A mean with its interval over the splits."""
    low, high = bootstrap.interval(values, bootstrap.mean)
    return f"{bootstrap.mean(values):.3f} [{low:.3f}, {high:.3f}]"


main()
