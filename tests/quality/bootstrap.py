"""Percentile intervals by resampling (Efron, 1979), with a fixed seed."""
import random

RESAMPLES = 5000
SEED = 20261122
LEVEL = 0.95


def interval(units, figure):
    """The interval of `figure(list of units)` when `units` are drawn again with replacement."""
    draw = random.Random(SEED)
    units = list(units)
    if not units:
        return None
    drawn = sorted(figure(draw.choices(units, k=len(units))) for _ in range(RESAMPLES))
    tail = (1 - LEVEL) / 2
    return drawn[int(tail * RESAMPLES)], drawn[int((1 - tail) * RESAMPLES) - 1]


def mean(values):
    """Mean; of nothing, 0."""
    values = list(values)
    return sum(values) / max(1, len(values))


def cases(rows, other=None):
    """Interval of the mean F1 by case; with `other`, of the difference in the cases that both have."""
    return interval([value for values in differences(rows, other).values() for value in values], mean)


def projects(rows, other=None):
    """The same by project: whole projects are drawn, as cases of one project resemble each other."""
    return interval([mean(values) for values in differences(rows, other).values()], mean)


def differences(rows, other):
    """F1, or by how much it is more than in `other`, by project."""
    found = {}
    for case, row in rows.items():
        if other is None or case in other:
            less = other[case]["f1"] if other else 0.0
            found.setdefault(row["project"], []).append(row["f1"] - less)
    return found
