"""bench.py LOG ANALYZER OUT: measures, prints markdown tables, writes OUT/bench.json. Without LOG a generated one is read."""
import importlib.util
import json
import os
import subprocess
import sys

import measure
from tables import table

HERE = os.path.dirname(os.path.abspath(__file__))

# Sizes of what is read.
SPEED_BYTES = 100 * 10**6
# Of which Drain3 reads so much, in the interest of whoever waits.
DRAIN_BYTES = 20 * 10**6
MEMORY_BYTES = 1 << 30
STATEMENTS = 1_000_000

REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
WORDS = "error|fail|fatal|panic|exception|timeout|refused|denied"
# Exit codes of `analyze`: nothing failed, or failures were found.
ANALYZED = (0, 10)


def main():
    """Every row."""
    log, analyzer, out = sys.argv[1:]
    speed, source = repeated(log, SPEED_BYTES, f"{out}/speed.log")
    slow, _ = repeated(log, DRAIN_BYTES, f"{out}/drain.log")
    print(f"Read: {source}. One core, {REPEATS} runs of each in turn; ratios are medians of pairs of CPU time, [least, most].\n")
    rows, figures = [], {"log": source, "repeats": REPEATS}
    if importlib.util.find_spec("drain3"):
        drain = [sys.executable, f"{HERE}/drain.py", slow]
        compared = measure.in_turn([analyzer, "analyze", slow], drain, REPEATS, ANALYZED)
        rows.append(speed_row("Drain3 with masks", slow, compared, figures, "drain3"))
    else:
        rows.append(["Drain3 with masks", "skipped: not installed", "", "", "", ""])
    grep = ["rg", "--no-config", "-c", "-i", "-j1", WORDS, speed]
    compared = measure.in_turn([analyzer, "analyze", speed], grep, REPEATS, ANALYZED)
    rows.append(speed_row("`rg -c -i -j1`", speed, compared, figures, "ripgrep"))
    table(["against", "bytes", "logloop lines/s", "logloop MB/s", "its lines/s", "logloop is or takes"], rows)
    remove(speed, slow)
    print()
    memory(analyzer, out, figures)
    with open(f"{out}/bench.json", "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    print(f"\nwritten: {out}/bench.json")


def speed_row(name, log, compared, figures, key):
    """A row, and the same as figures. Ratios are theirs over ours: above 1, ours is faster."""
    size, lines = os.path.getsize(log), count_lines(log)
    ours, theirs = (measure.median(runs, lambda took: took.cpu_s) for runs in compared)
    ratios = {
        "cpu": compared.ratios(lambda took: took.cpu_s),
        "wall": compared.ratios(lambda took: took.wall_s),
    }
    figures[key] = {
        "bytes": size, "lines": lines, "ours_cpu_s": ours, "theirs_cpu_s": theirs, "theirs_over_ours": ratios,
        "ours": [took._asdict() for took in compared.ours], "theirs": [took._asdict() for took in compared.theirs],
    }
    cpu = ratios["cpu"]
    middle = cpu[len(cpu) // 2]
    if middle >= 1:
        said = f"{middle:.1f} times as fast [{cpu[0]:.1f}, {cpu[-1]:.1f}]"
    else:
        said = f"{1 / middle:.1f} times the time [{1 / cpu[-1]:.1f}, {1 / cpu[0]:.1f}]"
    return [name, size, f"{lines / ours:,.0f}", f"{size / ours / 1e6:.0f}", f"{lines / theirs:,.0f}", said]


def memory(analyzer, out, figures):
    """Peaks of resident memory."""
    rows = []
    floor = measure.checked(["true"], (0,)).peak_mib
    for key, what, kind, amount in (
        ("log_1_gib", "a log of 1 GiB", "services", MEMORY_BYTES),
        ("statements_1e6", f"{STATEMENTS:,} distinct statements", "statements", STATEMENTS),
    ):
        log = f"{out}/{key}.log"
        with open(log, "wb") as file:
            subprocess.run([sys.executable, f"{HERE}/generate.py", kind, str(amount)], stdout=file, check=True)
        took = measure.run([analyzer, "analyze", log])
        told = "" if took.exit_code in ANALYZED else f"**refused, exit code {took.exit_code}**"
        figures[key] = {"bytes": os.path.getsize(log), **took._asdict()}
        rows.append([what, f"{os.path.getsize(log) / 2**20:.0f} MiB", f"{took.peak_mib:.0f} MiB", f"{took.cpu_s:.1f} s", told])
        remove(log)
    table(["reading", "size", "peak resident memory", "CPU time", ""], rows)
    print(f"\n({measure.FLOOR_NOTE}: {floor:.0f} MiB)")
    figures["floor_mib"] = floor


def repeated(log, size, path):
    """Writes `log` as often as fits into `size` bytes to `path`, or a generated one; where it is, and what."""
    if not os.path.exists(log):
        with open(path, "wb") as file:
            subprocess.run([sys.executable, f"{HERE}/generate.py", "services", str(size)], stdout=file, check=True)
        return path, "a generated log of services"
    with open(log, "rb") as file:
        once = file.read()
    if not once.endswith(b"\n"):
        once += b"\n"
    times = max(1, size // len(once))
    with open(path, "wb") as file:
        for _ in range(times):
            file.write(once)
    return path, f"{os.path.basename(log)}, repeated"


def count_lines(log):
    """Newlines in `log`, read in chunks: what is held here would be seen in the peaks."""
    total = 0
    with open(log, "rb") as file:
        while chunk := file.read(1 << 20):
            total += chunk.count(b"\n")
    return total


def remove(*paths):
    """Removes large files at once: the next one needs the room."""
    for path in paths:
        os.remove(path)


main()
