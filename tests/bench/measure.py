"""Runs a command on one core and says what it took."""
import os
import statistics
import subprocess
import time
from typing import NamedTuple

# The kernel counts a child's peak from before it became another program: this is as low as it can read.
FLOOR_NOTE = "peaks below that of the measuring script cannot be seen"


class Took(NamedTuple):
    """One run."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    exit_code: int


def core():
    """The last core that this process may use."""
    return max(os.sched_getaffinity(0))


def run(command, output=subprocess.DEVNULL):
    """Runs `command` pinned to one core; its output goes nowhere unless a file is given."""
    begun = time.monotonic()
    child = subprocess.Popen(["taskset", "-c", str(core()), *command], stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def checked(command, allowed):
    """Runs `command`; another exit code than the `allowed` ends the measuring."""
    took = run(command)
    if took.exit_code not in allowed:
        raise SystemExit(f"error: exit code {took.exit_code}: {' '.join(command)}")
    return took


class Compared(NamedTuple):
    """Two commands, run in turn."""

    ours: list
    theirs: list

    def ratios(self, value):
        """Theirs over ours, pair by pair."""
        return sorted(value(b) / value(a) for a, b in zip(self.ours, self.theirs))


def in_turn(ours, theirs, repeats, allowed):
    """A B A B …: what slows the machine down slows both. One run of each goes before and is not counted."""
    compared = Compared([], [])
    for repeat in range(repeats + 1):
        a, b = checked(ours, allowed), checked(theirs, allowed)
        if repeat > 0:
            compared.ours.append(a)
            compared.theirs.append(b)
    return compared


def median(runs, value):
    """Median of a figure of the runs."""
    return statistics.median(value(took) for took in runs)
