"""Labelled messages and how they are split: (text, template, label), and a fold for each."""
import csv
import glob
import random

FOLDS = 5
SEVERE = {"ERROR", "FATAL", "SEVERE", "E", "F", "CRITICAL", "FAILURE"}
WITH_LEVELS = ("Android", "Apache", "BGL", "HDFS", "Spark", "Zookeeper")
# Shares of the log that come before the split by time.
CUTS = (0.5, 0.6, 0.7, 0.8)


def levels(data):
    """Is a message at ERROR or above? The level itself is not shown."""
    return [
        (row["Content"], f"{system}:{row['EventTemplate']}", row["Level"].upper() in SEVERE)
        for system in WITH_LEVELS
        for row in messages(data, system)
    ]


def alerts(data):
    """Is a message of the supercomputer an alert?"""
    return [(row["Content"], row["EventTemplate"], row["Label"] != "-") for row in messages(data, "BGL")]


def messages(data, system):
    """The rows of a system, in the order of the log."""
    [path] = glob.glob(f"{data}/parsing/{system}/*_structured_corrected.csv")
    with open(path, encoding="utf-8", errors="replace") as file:
        return list(csv.DictReader(file))


def by_template(rows, seed):
    """A template is in one fold; templates with the label, and those without, are dealt out apart."""
    draw, fold = random.Random(seed), {}
    labelled = sorted({template for _, template, label in rows if label})
    others = sorted({template for _, template, _ in rows} - set(labelled))
    for templates in (labelled, others):
        draw.shuffle(templates)
        fold.update((template, at % FOLDS) for at, template in enumerate(templates))
    return [fold[template] for _, template, _ in rows]


def at_random(rows, seed):
    """Lines are dealt out: the same template is on both sides, so the figures flatter."""
    draw = random.Random(seed)
    return [draw.randrange(FOLDS) for _ in rows]


def by_time(rows, cut):
    """Fold 0 is what comes after the cut, and the only one that is tested on."""
    return [0 if at >= cut * len(rows) else 1 for at in range(len(rows))]
