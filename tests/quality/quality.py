"""quality.py DATA ANALYZER OUT: measures, prints markdown tables, writes OUT/quality.json."""
import json
import sys

import bootstrap
import yardstick
from product import Product
from tables import cell, table

PRODUCT, COMPARED = "logloop", "logloop, with the good run"
WITHOUT_A_GOOD_RUN = "words", "levels and markers"


def main():
    """Every row: the product's and the references'."""
    data, program, out = sys.argv[1:]
    score = yardstick.load(data)
    product = Product(program, out)
    finders, found, mined, speeds = yardstick.references(score)
    mined[PRODUCT] = yardstick.templates(score, score.predicted_templates(product.templates(score)))
    plain = score.predicted_failures(product.failures(score, "failures", "fail.log"))
    found[PRODUCT] = yardstick.failures(score, plain)
    if product.compares:
        folder = product.failures(score, "compared", "fail.log", "pass.log")
        found[COMPARED] = yardstick.failures(score, score.predicted_failures(folder))
    alarms = false_alarms(score, product, finders)

    print_templates(mined, speeds)
    print_failures(found)
    if not product.compares:
        print(f"\n{COMPARED}: not supported yet (`analyze` has no --baseline)")
    print_pairs(found)
    print_cases(found, alarms[PRODUCT])
    print_alarms(alarms)
    with open(f"{out}/quality.json", "w", encoding="utf-8") as file:
        json.dump(as_json(mined, found, alarms, product), file, indent=1)
    print(f"\nwritten: {out}/quality.json")
    if product.broken:
        raise SystemExit("\n".join(["error: not analyzed:", *product.broken]))


def false_alarms(score, product, finders):
    """Lines flagged in each good run, {who: {case: (flagged, lines)}}."""
    folder = product.failures(score, "good", "pass.log")
    who = {PRODUCT: score.predicted_failures(folder), **{name: finders[name] for name in WITHOUT_A_GOOD_RUN}}
    alarms = {name: {} for name in who}
    for case, _, _, good, *_ in score.cases():
        for name, find in who.items():
            alarms[name][case] = len(find(case, good, [], None)[0]), len(good)
    return alarms


def print_templates(mined, speeds):
    """A row for each system, and the average."""
    print("## Templates: one configuration for every system\n")
    order = [name for name in mined if name != PRODUCT] + [PRODUCT]
    head = ["system"] + [f"{name} GA / FGA / PA / FTA" for name in order]
    rows = [[system] + [cell(mined[name][system]) for name in order] for system in mined[PRODUCT]]
    rows.append(["**average**"] + [cell(yardstick.average(mined[name].values())) for name in order])
    table(head, rows)
    if len(order) == 1:
        print("\nDrain3: skipped, it is not installed")
    for speed in speeds:
        print(f"\n{speed} (`make bench` compares in one run)")


def print_failures(found):
    """Averages with intervals."""
    print("\n## Failing lines of CI logs\n")
    rows = []
    for name, cases in found.items():
        rows.append([
            name, len(cases),
            f"{yardstick.by_case(cases):.3f} {span(bootstrap.cases(cases))}",
            f"{yardstick.by_project(cases):.3f} {span(bootstrap.projects(cases))}",
            f"{bootstrap.mean(row['precision'] for row in cases.values()):.3f}",
            f"{bootstrap.mean(row['recall'] for row in cases.values()):.3f}",
            f"{bootstrap.mean(row['hit'] for row in cases.values()):.3f}",
        ])
    table(["who", "cases", "F1 by case (95 %)", "F1 by project (95 %)", "precision", "recall", "top-5 hit"], rows)


def pairs(found):
    """(ours, theirs): the product against references that know as much as it does."""
    knows_good = next((name for name in found if "good run" in name and name != COMPARED), None)
    for ours in (PRODUCT, COMPARED):
        if ours not in found:
            continue
        blind = [name for name in found if name not in (PRODUCT, COMPARED, knows_good)]
        for theirs in [knows_good] * (ours == COMPARED and knows_good is not None) + blind:
            yield ours, theirs


def print_pairs(found):
    """Differences in the cases that both have."""
    print("\n## The difference, case by case\n")
    rows = []
    for ours, theirs in pairs(found):
        common = {case for case in found[ours] if case in found[theirs]}
        difference = bootstrap.mean(found[ours][case]["f1"] - found[theirs][case]["f1"] for case in common)
        rows.append([
            ours, theirs, len(common), f"{difference:+.3f} {span(bootstrap.cases(found[ours], found[theirs]))}",
            span(bootstrap.projects(found[ours], found[theirs])),
        ])
    table(["who", "less", "cases", "F1 by case (95 %)", "95 % by project"], rows)


def print_cases(found, alarms):
    """A row for each case."""
    print("\n## Each case: F1, and lines flagged\n")
    names = list(found)
    rows = []
    for case, row in found[PRODUCT].items():
        f1 = [f"{found[name][case]['f1']:.2f}" if case in found[name] else "" for name in names]
        hit = "yes" if row["hit"] else "**no**"
        rows.append([case, row["lines"], *f1, row["flagged"], hit, alarms[case][0]])
    table(["case", "lines", *names, "logloop flagged", "top-5 hit", "in the good run"], rows)


def print_alarms(alarms):
    """Flagged lines where nothing failed."""
    print("\n## False alarms: lines flagged in the good runs\n")
    rows = []
    for name, cases in alarms.items():
        lines = sum(total for _, total in cases.values())
        flagged = sorted(count for count, _ in cases.values())
        rows.append([
            name, f"{sum(flagged)} of {lines}", f"{100 * sum(flagged) / lines:.2f} %", flagged[len(flagged) // 2],
            f"{sum(count == 0 for count in flagged)} of {len(flagged)}",
        ])
    table(["who", "flagged lines", "share", "median of a run", "runs without any"], rows)


def span(interval):
    """An interval as text."""
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "[]"


def as_json(mined, found, alarms, product):
    """All figures, for programs."""
    names = ("ga", "fga", "pa", "fta")
    return {
        "templates": {
            who: {
                "average": dict(zip(names, yardstick.average(rows.values()))),
                "systems": {system: dict(zip(names, row)) for system, row in rows.items()},
            }
            for who, rows in mined.items()
        },
        "failures": {
            who: {
                "f1_by_case": yardstick.by_case(rows),
                "f1_by_case_interval": bootstrap.cases(rows),
                "f1_by_project": yardstick.by_project(rows),
                "f1_by_project_interval": bootstrap.projects(rows),
                "top_5_hit": bootstrap.mean(row["hit"] for row in rows.values()),
                "cases": rows,
            }
            for who, rows in found.items()
        },
        "differences": [
            {"who": ours, "less": theirs, "by_case_interval": bootstrap.cases(found[ours], found[theirs])}
            for ours, theirs in pairs(found)
        ],
        "false_alarms": {
            who: {case: {"flagged": flagged, "lines": lines} for case, (flagged, lines) in rows.items()}
            for who, rows in alarms.items()
        },
        "baseline_supported": product.compares,
        "not_analyzed": product.broken,
    }


main()
