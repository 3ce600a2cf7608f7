"""torture.py full|short ANALYZER WORK: reads each bad input with the real program; fails if one is not as cases.py says."""
import json
import os
import re
import signal
import subprocess
import sys
import time

from cases import FOUND, cases

# Resident memory that no input may exceed, and the time that none may take.
MAX_PEAK_MIB = {"full": 200, "short": 100}
MAX_SECONDS = {"full": 120, "short": 20}
# Of an output that is not told whole.
TOLD_BYTES = 300


def run(arguments, seconds, out):
    """Exit code (None: killed when the time was up), peak in MiB, seconds, standard error. `out` gets the standard output."""
    begun = time.monotonic()
    with open(out, "wb") as stdout, open(f"{out}.err", "wb") as stderr:
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        previous = signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(seconds)
        _, status, usage = os.wait4(child.pid, 0)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - begun
    code = None if child.returncode == -signal.SIGKILL else child.returncode
    with open(f"{out}.err", encoding="utf-8", errors="replace") as file:
        return code, usage.ru_maxrss / 1024, took, file.read()


def faults(case, code, peak, took, answer, error, size):
    """What is not as it must be."""
    if code is None:
        yield f"was not done after {MAX_SECONDS[size]} s"
    elif code not in case.codes:
        yield f"exit code {code}, not {' or '.join(map(str, case.codes))}"
    if "panicked" in error or "overflow" in error:
        yield "it panicked"
    if peak > MAX_PEAK_MIB[size]:
        yield f"{peak:.0f} MiB of memory, more than {MAX_PEAK_MIB[size]}"
    if case.says and not re.search(case.says, error + json.dumps(answer.get("analysis_results", {}).get("stats", {}).get("warnings"))):
        yield f"nothing says {case.says!r}"
    if code not in (0, FOUND):
        return
    results = answer["analysis_results"]
    if case.lines is not None and results["stats"]["total_lines"] != case.lines:
        yield f"{results['stats']['total_lines']} lines, not {case.lines}"
    failing = min((failure["line"] for failure in results["failures"]), default=None)
    if case.failing is not None and failing != case.failing:
        yield f"the first failing line is {failing}, not {case.failing}"


def main():
    """Every case, and then what is wrong."""
    size, analyzer, work = sys.argv[1:]
    failed = 0
    for case in cases(size == "full"):
        log, out = f"{work}/log", f"{work}/out"
        case.make(log)
        code, peak, took, error = run([analyzer, "analyze", "--json", log], MAX_SECONDS[size], out)
        # Large answers are faults of their own: the peak of the next child would begin at what is read here.
        with open(out, "rb") as file:
            text = file.read()
        answer = json.loads(text) if code in (0, FOUND) else {}
        wrong = list(faults(case, code, peak, took, answer, error, size))
        size_mib = os.path.getsize(log) / 2**20
        print(f"{'not ok' if wrong else 'ok'} - {case.name} ({size_mib:.1f} MiB; {took:.1f} s, {peak:.0f} MiB, exit code {code})", flush=True)
        for fault in wrong:
            print(f"    {fault}")
        if wrong and error:
            print(f"    it said: {error.strip()[:TOLD_BYTES]}")
        failed += bool(wrong)
        os.remove(log)
    print(f"{failed} not ok")
    sys.exit(failed > 0)


main()
