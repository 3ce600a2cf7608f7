"""The table of bad inputs: what each is, and what must come of it."""
from typing import Callable, NamedTuple

import inputs

# Exit codes of `analyze`.
FINE, FOUND, REFUSED = 0, 10, 1


class Case(NamedTuple):
    """One input."""

    name: str
    make: Callable
    # Exit codes that are right.
    codes: tuple
    # A pattern that the report or the error must match: the clear word on what was not read.
    says: str = ""
    # Of the answer as JSON: lines counted, and the first failing line.
    lines: int | None = None
    failing: int | None = None


def cases(full):
    """All of them; `full`: at the sizes that people have, else a small part of that."""
    small = 1 if full else 20
    thousands = 1_000_000 // small
    line = 100_000_000 // small
    bomb = (10 << 30) if full else (256 << 20)
    return [
        Case("nothing", lambda p: inputs.text(p, ""), (REFUSED,), "empty"),
        Case("blanks", lambda p: inputs.text(p, " \r\n\t\n\u00a0\n"), (REFUSED,), "empty"),
        Case("a byte order mark alone", lambda p: inputs.text(p, b"\xff\xfe"), (REFUSED,), "empty"),
        Case("newlines alone", lambda p: inputs.repeated(p, b"\n", line), (REFUSED,), "empty"),
        Case("one long line", lambda p: inputs.one_line(p, line), (FINE,), lines=1),
        Case("one long word", lambda p: inputs.one_word(p, line), (FINE,), lines=1),
        Case("a long line, then a failure", lambda p: inputs.repeated(p, b"x ", line // 2, after=b"\n" + inputs.ERROR.encode()),
             (FOUND,), lines=2, failing=2),
        Case("NUL bytes alone", lambda p: inputs.holes(p, line), (REFUSED,), "no text"),
        Case("NUL bytes between", lambda p: inputs.nul_between(p, thousands), (FOUND,), lines=thousands + 1, failing=thousands + 1),
        Case("UTF-16, little end first", lambda p: inputs.utf16(p, "le", thousands), (FOUND,), lines=thousands + 1, failing=thousands + 1),
        Case("UTF-16, big end first", lambda p: inputs.utf16(p, "be", thousands), (FOUND,), lines=thousands + 1, failing=thousands + 1),
        Case("not UTF-8", lambda p: inputs.not_utf8(p, thousands), (FOUND,), "not valid UTF-8", thousands + 1, thousands + 1),
        Case("noise", lambda p: inputs.random_bytes(p, line // 100), (REFUSED,), "no text"),
        Case("a gzip bomb", lambda p: inputs.gzip_bomb(p, bomb), (REFUSED,), "unpacks to more than"),
        Case("a zstd bomb", lambda p: inputs.zstd_bomb(p, bomb), (REFUSED,), "unpacks to more than"),
        Case("gzip", lambda p: inputs.packed(p, thousands), (FOUND,), lines=thousands + 1, failing=thousands + 1),
        Case("gzip, cut", lambda p: inputs.cut_gzip(p, thousands), (REFUSED, FINE), "damaged|cut"),
        Case("gzip, and garbage behind it", lambda p: inputs.packed_then_garbage(p, 1000), (REFUSED, FOUND), "damaged|not read|ignored"),
        Case("a tar", lambda p: inputs.tar(p, "w"), (REFUSED,), r"\btar\b"),
        Case("a packed tar", lambda p: inputs.tar(p, "w:gz"), (REFUSED,), r"\btar\b"),
        Case("a zip", lambda p: inputs.zip_archive(p), (REFUSED,), r"\bzip\b"),
        Case("a million statements", lambda p: inputs.statements(p, thousands), (FOUND,), lines=thousands, failing=1),
        Case("time that goes backwards", lambda p: inputs.backwards(p, thousands), (FOUND,), lines=thousands, failing=1),
        Case("carriage returns alone", lambda p: inputs.repeated(p, b"loading\r", thousands, after=inputs.ERROR.encode()),
             (FOUND,), lines=thousands + 1, failing=thousands + 1),
        Case("a trace of a million frames", lambda p: inputs.long_trace(p, thousands), (FOUND,), lines=thousands + 2, failing=1),
        Case("JSON nested deep", lambda p: inputs.deep_json(p, thousands), (FOUND,), lines=3, failing=1),
        Case("colours without text", lambda p: inputs.escapes(p, thousands), (FOUND,), lines=2, failing=1),
        Case("a log of 1 GiB", lambda p: inputs.services(p, 1 << 30 if full else 32 << 20), (FOUND,)),
    ]
