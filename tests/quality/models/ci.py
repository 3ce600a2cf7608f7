"""ci.py DATA ANALYZER TRAINER OUT: failing lines of CI logs by a model of the other projects, through the product's own commands.

For each project: the labelled runs of all others become a data directory (`logs/` with sidecars), `trainer train` makes a
version of it, `analyzer promote` takes it into service, and `analyze --data` reads the project's failing and good runs."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import bootstrap
import yardstick
from product import ANALYZED
from tables import table

RULES, MODEL = "rules", "model of the other projects, and rules"


def main():
    """Both on the same cases; false alarms in the good runs, too."""
    data, analyzer, trainer, out = sys.argv[1:]
    score = yardstick.load(data)
    projects = {}
    for case, project, *_ in score.cases():
        projects.setdefault(project, []).append(case)
    for project, cases in projects.items():
        others = [case for other, of in projects.items() if other != project for case in of]
        directory = f"{out}/ci-model"
        shutil.rmtree(directory, ignore_errors=True)
        collect(score, others, directory)
        run(trainer, "train", "--data", directory, "--version", "others", "--models", "line")
        run(analyzer, "promote", "others", "--data", directory)
        for case in cases:
            for kind, log in (("failures", "fail.log"), ("good", "pass.log")):
                path = f"{data}/ci/{case}/{log}"
                entries(analyzer, ["--data", directory], path, f"{out}/ci-model-{kind}/{case}.jsonl")
                entries(analyzer, [], path, f"{out}/ci-rules-{kind}/{case}.jsonl")
    found = {
        RULES: yardstick.failures(score, score.predicted_failures(f"{out}/ci-rules-failures")),
        MODEL: yardstick.failures(score, score.predicted_failures(f"{out}/ci-model-failures")),
    }
    rows = []
    for (who, cases), folder in zip(found.items(), ("ci-rules-good", "ci-model-good")):
        flagged = sum(len(score.predicted_failures(f"{out}/{folder}")(case, [], [], None)[0]) for case, *_ in score.cases())
        low, high = bootstrap.cases(cases)
        rows.append([
            who, f"{yardstick.by_case(cases):.3f} [{low:.3f}, {high:.3f}]", f"{yardstick.by_project(cases):.3f}",
            f"{bootstrap.mean(row['hit'] for row in cases.values()):.3f}", flagged,
        ])
    low, high = bootstrap.projects(found[MODEL], found[RULES])
    print("\n## Failing lines of CI logs, projects apart\n")
    table(["who", "F1 by case (95 %)", "F1 by project", "top-5 hit", "lines flagged in good runs"], rows)
    print(f"\nthe model's difference by project, 95 %: [{low:+.3f}, {high:+.3f}]")


def collect(score, cases, directory):
    """Failing and good runs as logs, with their labels beside them."""
    logs = f"{directory}/logs"
    os.makedirs(logs)
    chosen = set(cases)
    for case, _, lines, good, errors, context, _ in score.cases():
        if case not in chosen:
            continue
        for kind, of in (("fail", lines), ("pass", good)):
            with open(f"{logs}/{case}.{kind}.log", "w", encoding="utf-8") as file:
                file.write("\n".join(of))
            failing = errors if kind == "fail" else set()
            unknown = context if kind == "fail" else set()
            with open(f"{logs}/{case}.{kind}.log.labels.jsonl", "w", encoding="utf-8") as file:
                for line in range(1, len(of) + 1):
                    if line not in unknown:
                        file.write(json.dumps({"line": line, "is_failure": line in failing}) + "\n")


def entries(analyzer, options, log, path):
    """The analyzer's entries of a log."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        ran = subprocess.run([analyzer, "analyze", "--entries", *options, log], stdout=file, stderr=subprocess.PIPE, text=True)
    if ran.returncode not in ANALYZED:
        raise SystemExit(f"error: {log}: exit code {ran.returncode}: {ran.stderr.strip()}")


def run(*command):
    """A command that must end well."""
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"error: {' '.join(command)}: {ran.stdout}{ran.stderr}")


if __name__ == "__main__":
    main()
