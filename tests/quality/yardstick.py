"""score.py as a module: its data, its rules, its references. What is computed here is checked against what it prints."""
import contextlib
import io
import importlib.util
import re
import sys

# score.py prints three decimals.
ROUNDING = 0.00051


def load(folder):
    """The module `folder`/score.py. It runs its command line when it is loaded: ask it for its help."""
    spec = importlib.util.spec_from_file_location("score", f"{folder}/score.py")
    module = importlib.util.module_from_spec(spec)
    arguments, sys.argv = sys.argv, [f"{folder}/score.py", "help"]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            spec.loader.exec_module(module)
    finally:
        sys.argv = arguments
    return module


def printed(call):
    """What `call` prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        call()
    return text.getvalue()


def templates(score, predict):
    """GA, FGA, PA and FTA of each system; `predict` is as score.py wants it."""
    rows = {}
    for system, messages, truth in score.systems():
        got = predict(system, messages)
        rows[system] = score.template_scores(*(got or ([0] * len(truth), [""] * len(truth))), truth)
    told = printed(lambda: score.print_templates("check", predict))
    for name, ours in zip(("GA", "FGA", "PA", "FTA"), average(rows.values())):
        same(ours, re.findall(rf" {name} ([\d.]+)", told)[-1])
    return rows


def average(rows):
    """Means by column."""
    rows = list(rows)
    return [sum(column) / len(rows) for column in zip(*rows)]


def failures(score, predict):
    """Each case that `predict` answers, as {case: {project, f1, precision, recall, flagged, hit}}."""
    rows = {}
    for case, project, lines, good, errors, context, second in score.cases():
        got = predict(case, lines, good, second)
        if got is None:
            continue
        flagged, top = got
        true = len(flagged & errors)
        precision = true / max(1, len(flagged - context))
        recall = true / max(1, len(errors))
        rows[case] = {
            "project": project,
            "f1": 2 * precision * recall / (precision + recall) if true else 0.0,
            "precision": precision,
            "recall": recall,
            "flagged": len(flagged),
            "lines": len(lines),
            "hit": bool((flagged if top is None else top) & errors),
        }
    told = printed(lambda: score.print_failures("check", predict))
    same(by_case(rows), re.search(r"by case ([\d.]+)", told)[1])
    same(by_project(rows), re.search(r"by project ([\d.]+)", told)[1])
    return rows


def by_case(rows):
    """Mean F1 of the cases."""
    return sum(row["f1"] for row in rows.values()) / max(1, len(rows))


def by_project(rows):
    """Mean of the projects' mean F1."""
    projects = {}
    for row in rows.values():
        projects.setdefault(row["project"], []).append(row["f1"])
    return sum(sum(f1) / len(f1) for f1 in projects.values()) / max(1, len(projects))


def references(score):
    """The references of score.py, each by name: (what finds failing lines, its rows; rows of templates; speeds told)."""
    found, mined = {}, {}
    own = score.print_failures, score.print_templates
    predictors = {"failures": [], "templates": []}
    score.print_failures = lambda name, predict: predictors["failures"].append((name, predict))

    def mine(name, predict):
        predictors["templates"].append((name, predict))
        own[1](name, predict)

    score.print_templates = mine
    try:
        told = printed(score.reference)
    finally:
        score.print_failures, score.print_templates = own
    for name, predict in predictors["failures"]:
        found[name] = failures(score, predict)
    for name, predict in predictors["templates"]:
        mined[name] = templates(score, predict)
    return dict(predictors["failures"]), found, mined, re.findall(r"^.*lines/s.*$", told, re.M)


def same(ours, theirs):
    """Fails when a figure differs from the one that score.py prints."""
    if abs(ours - float(theirs)) > ROUNDING:
        raise SystemExit(f"error: {ours:.4f} is not what score.py prints ({theirs}): has its rule changed?")
