"""models.py DATA PROGRAM OUT: the line model's speed against fastText's, one core, in turns; prints a markdown table."""
import json
import os
import random
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../quality", f"{HERE}/../quality/models"]

import labels
import references
from tables import table

ROUNDS = 5
DISTINCT = 60_000
SEED = 20261125
BAD = ("failed to", "could not", "timed out trying to", "refused to", "gave up when asked to", "lost the right to")
GOOD = ("began to", "managed to", "is ready to", "was asked to", "will now", "has been told to")


def main():
    """Both programs on the same files."""
    data, program, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    rows = []
    for name, lines in (("messages of six systems", systems(data)), ("made, every line distinct", made())):
        random.Random(SEED).shuffle(lines)
        cut = len(lines) * 4 // 5
        files = [f"{out}/{part}.txt" for part in ("train", "test")]
        for path, part in zip(files, (lines[:cut], lines[cut:])):
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(f"__label__{int(label)} {references.plain(text)}\n" for label, text in part)
        for kind, options in (("fastText", {}), ("fastText, sub-words", references.SUBWORDS)):
            rows.append([name, kind, *compare(program, files, options)])
    table(
        ["lines", "against", "training, line-epochs/s", "times as fast", "to a trained model", "F1 (random split)",
         "scoring, lines/s", "times as fast"],
        rows,
    )


def compare(program, files, options):
    """In turns; medians of ratios."""
    turns = [(ours(program, files), theirs(files, options)) for _ in range(ROUNDS)]
    rate = lambda side: lambda turn: turn[side]["epoch_lines"] / turn[side]["training"]
    speed = lambda side: lambda turn: turn[side]["scored"] / turn[side]["scoring"]
    ratio = lambda of: statistics.median([of(0)(turn) / of(1)(turn) for turn in turns])
    quick = statistics.median([turn[1]["training"] / turn[0]["training"] for turn in turns])
    figure = lambda of: f"{statistics.median([of(0)(t) for t in turns]):,.0f} / {statistics.median([of(1)(t) for t in turns]):,.0f}"
    return [
        figure(rate), f"{ratio(rate):.2f}", f"{quick:.2f} times as fast",
        f"{turns[0][0]['f1']:.3f} / {turns[0][1]['f1']:.3f}", figure(speed), f"{ratio(speed):.2f}",
    ]


def ours(program, files):
    """One thread."""
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    told = json.loads(subprocess.run([program, *files], env=environment, capture_output=True, text=True, check=True).stdout)
    train, score = told["train"], told["score"]
    # Each line is trained on in all folds but one, and once more at the end: every time counts.
    return {
        "epoch_lines": train["lines"] * train["passes"], "training": train["seconds"],
        "scored": score["lines"], "scoring": score["seconds"], "f1": told["f1"],
    }


def theirs(files, options):
    """One thread; scoring is its own loop over the file, not Python's."""
    options = {"epoch": 5, **options}
    began = time.monotonic()
    model = references.fasttext.train_supervised(files[0], verbose=0, thread=1, **options)
    training = time.monotonic() - began
    began = time.monotonic()
    model.test(files[1])
    scoring = time.monotonic() - began
    count = lambda path: sum(1 for _ in open(path, encoding="utf-8"))
    return {
        "epoch_lines": count(files[0]) * options["epoch"], "training": training,
        "scored": count(files[1]), "scoring": scoring, "f1": f1(model, files[1]),
    }


def f1(model, path):
    """Of the label 1, by its predictions."""
    right = called = labelled = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            label, text = line.split(" ", 1)
            said, is_one = references.probability(model, text) >= 0.5, label == "__label__1"
            right, called, labelled = right + (said and is_one), called + said, labelled + is_one
    return 2 * right / max(1, called + labelled)


def systems(data):
    """Every message of the systems that have levels."""
    return [(label, text) for text, _, label in labels.levels(data)]


def made():
    """Statements of our own, no two alike after masking."""
    draw, words = random.Random(SEED), names()
    lines = set()
    while len(lines) < DISTINCT:
        label = draw.random() < 0.2
        said = draw.choice(BAD if label else GOOD)
        lines.add((label, f"{draw.choice(words)} {said} {draw.choice(words)} {draw.choice(words)} of {draw.choice(words)} at {draw.choice(words)}"))
    return sorted(lines)


def names():
    """Words that are no words."""
    draw = random.Random(SEED)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    return ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(3000)]


if __name__ == "__main__":
    main()
