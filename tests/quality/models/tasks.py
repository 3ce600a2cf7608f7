"""The same folds for everybody: who calls what a failure, and how right that is."""
import collections
import json
import subprocess

from labels import FOLDS

OURS, RULES = "logloop", "logloop's rules alone"
THRESHOLD = 0.5


def called(rows, splits, program, references):
    """{who: [calls of each split]}; a call is True, False, or None where the line was not tested on."""
    found = {OURS: [], RULES: []}
    for folds in splits:
        ours, rules = by_program(rows, folds, program)
        found[OURS].append(ours)
        found[RULES].append(rules)
    for name, judge in references.items():
        found[name] = [by_reference(rows, folds, judge) for folds in splits]
    return found


def tested(folds):
    """The folds that are tested on: all, or of two parts the first."""
    return [0] if max(folds) == 1 else range(FOLDS)


def by_program(rows, folds, program):
    """The trainer's example program, all folds in one run."""
    order, lines = [], []
    for fold in tested(folds):
        for at, (text, _, label) in enumerate(rows):
            order.append(at)
            lines.append(json.dumps({"fold": fold, "train": folds[at] != fold, "text": text, "label": label}))
    out = subprocess.run([program], input="\n".join(lines), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    ours, rules = [None] * len(rows), [None] * len(rows)
    for line in out.stdout.splitlines():
        said = json.loads(line)
        at = order[said["row"]]
        ours[at], rules[at] = said["called"], said["rules"]
    return ours, rules


def by_reference(rows, folds, judge):
    """A reference, fold by fold."""
    calls = [None] * len(rows)
    for fold in tested(folds):
        train = [row for row, of in zip(rows, folds) if of != fold]
        test = [at for at, of in enumerate(folds) if of == fold]
        said = judge([text for text, *_ in train], [label for *_, label in train], [rows[at][0] for at in test])
        for at, probability in zip(test, said):
            calls[at] = probability >= THRESHOLD
    return calls


def by_line(rows, calls):
    """F1, each line counted."""
    pairs = [(call, label) for (*_, label), call in zip(rows, calls) if call is not None]
    return f1(sum(c and l for c, l in pairs), sum(c for c, _ in pairs), sum(l for _, l in pairs))


def by_kind(rows, calls):
    """F1, each template counted once for each of its labels: a frequent one does not decide."""
    shares = collections.defaultdict(list)
    for (_, template, label), call in zip(rows, calls):
        if call is not None:
            shares[template, label].append(call)
    called = {key: sum(of) / len(of) for key, of in shares.items()}
    right = sum(share for (_, label), share in called.items() if label)
    return f1(right, sum(called.values()), sum(label for _, label in called))


def f1(right, called, labelled):
    """Of counts."""
    return 2 * right / (called + labelled) if right else 0.0
