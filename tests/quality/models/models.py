"""models.py DATA PROGRAM [REPEATS]: the line model against others on the same folds; prints markdown tables."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import bootstrap
import labels
import references
import tasks
from tables import table

REPEATS = 5


def main():
    """Every row, the bad ones too."""
    data, program = sys.argv[1:3]
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else REPEATS
    severe, alerts = labels.levels(data), labels.alerts(data)
    seeds = range(repeats)
    show("Level ERROR or above from the text, templates apart", severe, [labels.by_template(severe, s) for s in seeds], program)
    show("The same, split at random (flatters)", severe, [labels.at_random(severe, s) for s in seeds[:1]], program)
    show("BGL alerts, templates apart", alerts, [labels.by_template(alerts, s) for s in seeds], program)
    show("The same, by time (trained on the first 50, 60, 70, 80 %)", alerts, [labels.by_time(alerts, c) for c in labels.CUTS], program)
    show("The same, split at random (flatters)", alerts, [labels.at_random(alerts, s) for s in seeds[:1]], program)


def show(title, rows, splits, program):
    """One task: a row for each, the mean over splits, and the difference to ours, split by split."""
    print(f"\n## {title}\n", flush=True)
    found = tasks.called(rows, splits, program, references.ALL)
    figures = {
        who: [(tasks.by_line(rows, calls), tasks.by_kind(rows, calls)) for calls in of_splits]
        for who, of_splits in found.items()
    }
    body = []
    for who, of in figures.items():
        cells = [who]
        for at in (0, 1):
            values = [value[at] for value in of]
            cells.append(f"{bootstrap.mean(values):.3f} ({min(values):.3f} – {max(values):.3f})")
            less = [ours[at] - theirs[at] for ours, theirs in zip(figures[tasks.OURS], of)]
            low, high = bootstrap.interval(less, bootstrap.mean)
            cells.append("" if who == tasks.OURS else f"{bootstrap.mean(less):+.3f} [{low:+.3f}, {high:+.3f}]")
        body.append(cells)
    table(["who", "F1 by line (range)", "ours less theirs (95 %)", "F1 by template (range)", "ours less theirs (95 %)"], body)


if __name__ == "__main__":
    main()
