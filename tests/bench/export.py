"""export.py LOGS ANALYZER OUT: measures, prints a markdown table, writes OUT/export.json."""
import glob
import json
import os
import shutil
import subprocess
import sys

import measure
from tables import table

HERE = os.path.dirname(os.path.abspath(__file__))
SPEED_BYTES = int(os.environ.get("BENCH_EXPORT_MB", "128")) * 10**6
MEMORY_BYTES = int(float(os.environ.get("BENCH_MEMORY_GB", "10")) * 10**9)
REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))


def main():
    """Every row."""
    logs, analyzer, out = sys.argv[1:]
    data = f"{out}/export-data"
    shutil.rmtree(data, ignore_errors=True)
    found = sorted(glob.glob(f"{logs}/throughput/*.log") + glob.glob(f"{logs}/ci/*/*.log") + glob.glob(f"{logs}/parsing/*/*.log"))
    subprocess.run([sys.executable, f"{HERE}/interactions.py", analyzer, data, str(SPEED_BYTES), *found], check=True)
    segments = sorted(glob.glob(f"{data}/chat_interactions/sealed/*.jsonl"))
    size = sum(os.path.getsize(segment) for segment in segments)
    print(f"Read: {size / 1e6:.0f} MB of interactions in {len(segments)} segments, one core, {REPEATS} runs of each in turn; "
          "ratios of CPU time are medians of pairs, [least, most].\n")
    ours = ["sh", "-c", f'rm -rf "{data}/datasets"; exec "{analyzer}" export --data "{data}" --dataset d --threads 1']
    figures = {"bytes": size, "repeats": REPEATS}
    rows = []
    for key, name, theirs in (
        ("duckdb", "DuckDB, failures alone, no folding", ["export_duckdb.py", f"{out}/export.parquet"]),
        ("python_failures", "Python script, failures alone", ["export_plain.py", f"{out}/export.parquet", "--failures"]),
        ("python", "Python script, the same work", ["export_plain.py", f"{out}/export.parquet"]),
    ):
        script, *options = theirs
        compared = measure.in_turn(ours, [sys.executable, f"{HERE}/{script}", *options, *segments], REPEATS, (0,))
        speed = [size / 1e6 / measure.median(runs, lambda took: took.cpu_s) for runs in compared]
        ratios = compared.ratios(lambda took: took.cpu_s)
        figures[key] = {"ours_mb_s": speed[0], "theirs_mb_s": speed[1], "ratios": ratios,
                        "wall": compared.ratios(lambda took: took.wall_s)}
        rows.append([name, f"{speed[0]:.0f}", f"{speed[1]:.0f}",
                     f"{ratios[len(ratios) // 2]:.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}]"])
    table(["against", "logloop MB/s", "its MB/s", "logloop is so many times as fast"], rows)
    with open(f"{data}/datasets/d/dataset.json", encoding="utf-8") as file:
        manifest = json.load(file)
    print(f"\nlogloop's data set: {manifest['examples']} examples of {manifest['interactions']} interactions, "
          f"{sum(part['bytes'] for part in manifest['parts']) / 1e6:.1f} MB")
    memory(analyzer, data, segments, size, figures)
    with open(f"{out}/export.json", "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    shutil.rmtree(data)
    os.remove(f"{out}/export.parquet")


def memory(analyzer, data, segments, size, figures):
    """Peaks over the segments again and again: further names of the same files."""
    copies = max(1, MEMORY_BYTES // size)
    for copy in range(1, copies):
        for segment in segments:
            os.link(segment, segment.replace(".g0.jsonl", f"-{copy:05}.g0.jsonl"))
    rows = []
    for threads in (1, 4):
        shutil.rmtree(f"{data}/datasets")
        took = measure.run([analyzer, "export", "--data", data, "--dataset", "d", "--threads", str(threads)])
        if took.exit_code != 0:
            raise SystemExit(f"error: the export of {copies * size} bytes failed")
        figures[f"memory_{threads}"] = {"bytes": copies * size, **took._asdict()}
        rows.append([f"{threads}", f"{copies * size / 1e9:.1f} GB", f"{took.peak_mib:.0f} MiB", f"{took.wall_s:.0f} s"])
    print()
    table(["threads", "interactions", "peak resident memory", "time"], rows)


main()
