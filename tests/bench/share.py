"""share.py DATA ANALYZER TRAINER OUT: what a serving model adds to the analysis of a log, and to a service; a markdown table.

A model of the labelled CI runs is put into service; each log is analyzed with it and by the rules alone, in turns, on one
core. What it adds is all that it does: loading, scoring, saying why, reading fields from texts."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../quality", f"{HERE}/../quality/models"]

import ci
import measure
import yardstick
from product import ANALYZED
from tables import table

REPEATS = 5
# Bytes of the logs that are analyzed: shorter ones are repeated, as one that is longer would be.
LOG_BYTES = 64 * 2**20
SYSTEMS = ("HDFS", "BGL", "Apache", "Zookeeper")
MIB = 2**20


def main():
    """One model, every log."""
    data, analyzer, trainer, out = sys.argv[1:]
    score = yardstick.load(data)
    directory = f"{out}/share"
    shutil.rmtree(directory, ignore_errors=True)
    ci.collect(score, [case for case, *_ in score.cases()], directory)
    ci.run(trainer, "train", "--data", directory, "--version", "shared", "--models", "line")
    ci.run(analyzer, "promote", "shared", "--data", directory)
    rows = []
    for name, path in logs(data, directory):
        compared = measure.in_turn(
            [analyzer, "analyze", "--data", directory, path], [analyzer, "analyze", path], REPEATS, ANALYZED)
        shares = [1 - ratio for ratio in compared.ratios(lambda took: took.cpu_s)]
        rows.append([name, f"{100 * statistics.median(shares):.0f} % ({100 * min(shares):.0f} – {100 * max(shares):.0f})"])
    table(["log", "share of the time that the model adds"], rows)
    size = os.path.getsize(f"{directory}/models/shared/model.safetensors") / MIB
    print(f"\nthe model on disk: {size:.1f} MiB; a service with it takes {resident(analyzer, directory):.1f} MiB, "
          f"without {resident(analyzer, f'{out}/empty'):.1f} MiB")


def logs(data, directory):
    """Each as one long log."""
    sources = {"syslog": "throughput/Linux.log", **{system: f"parsing/{system}/{system}_2k.log" for system in SYSTEMS}}
    for system, source in sources.items():
        with open(f"{data}/{source}", "rb") as file:
            lines = file.read().rstrip(b"\n") + b"\n"
        path = f"{directory}/{system}.txt"
        with open(path, "wb") as file:
            for _ in range(LOG_BYTES // len(lines) + 1):
                file.write(lines)
        yield f"{system}, repeated", path


def resident(analyzer, directory):
    """Resident memory of a service that has answered one request, in MiB."""
    os.makedirs(directory, exist_ok=True)
    child = subprocess.Popen(
        [analyzer, "serve", "--data", directory, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = child.stdout.readline().split()[-1]
        body = json.dumps({"log_content": "2026-11-22 10:00:00 ERROR db: pool exhausted\n"}).encode()
        head = {"content-type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{address}/api/chat/analyze", body, head)).read()
        with open(f"/proc/{child.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024
    finally:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
