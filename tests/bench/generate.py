"""Logs of our own, the same at each run.

  generate.py services BYTES        a log as services write it: few statements, many values
  generate.py statements COUNT      COUNT statements that differ in their words, each once
"""
import sys

# Statements written at once.
CHUNK_BYTES = 1 << 20
# A longer log of services repeats its beginning: making lines takes longer than reading them.
REPEATED_BYTES = 32 << 20

WORDS = "crane hook pier box ship north ferry anchor signal rope deck tide cargo harbour pilot winch dock buoy ledger gate".split()
SYLLABLES = "ba be bi bo ca co da de di do fa fe fi fo ga go la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so".split()
SERVICES = "billing stock gateway mailer search".split()
STATEMENTS = (
    "INFO {service}: request {a} took {b}ms",
    "INFO {service}: opened connection to 10.0.{c}.{d}:5432",
    "INFO {service}: user {word} logged in from 10.1.{c}.{d}",
    "DEBUG {service}: cache hit for key {word}:{a}",
    "INFO {service}: wrote {b} rows to /var/lib/{service}/{a}.db",
    "WARN {service}: queue {word} has {b} waiting",
    "INFO {service}: job {hex} finished, 0 errors",
    "ERROR {service}: cannot reach 10.0.{c}.{d}:5432: connection refused",
)
# One line in so many is the last statement, the error.
ERROR_EVERY = 500


class Numbers:
    """A linear congruential generator (Knuth's MMIX constants): the same in every Python."""

    def __init__(self):
        self.state = 20261122

    def below(self, bound):
        """A number from 0 up to, not including, `bound`."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % bound


def services():
    """Lines without end."""
    numbers, second = Numbers(), 0
    while True:
        second += 1
        last = len(STATEMENTS) - 1
        statement = STATEMENTS[last if second % ERROR_EVERY == 0 else numbers.below(last)]
        a = numbers.below(1 << 31)
        said = statement.format(
            service=SERVICES[a % 5], word=WORDS[a // 5 % 20], a=a, b=a % 4999, c=a % 251, d=a // 251 % 251, hex=f"{a * 2654435761:012x}"
        )
        yield f"2026-11-{1 + second // 86400 % 28:02d}T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z {said}\n"


def statements(count):
    """Each says `number` in syllables, so no two are the same, between words that vary in number and kind."""
    numbers = Numbers()
    for number in range(count):
        digits, name = number, ""
        while digits or not name:
            digits, digit = divmod(digits, len(SYLLABLES))
            name += SYLLABLES[digit]
        words = ["".join(SYLLABLES[numbers.below(40)] for _ in range(2 + numbers.below(3))) for _ in range(2 + numbers.below(5))]
        words.insert(numbers.below(len(words) + 1), name + "x")
        level = "ERROR" if number % 100 == 0 else "INFO"
        yield f"2026-11-22T10:00:00Z {level} {SERVICES[number % 5]}: {' '.join(words)}\n"


def write_services(size, out):
    """Whole lines, up to `size` bytes."""
    piece, length = [], 0
    for line in services():
        piece.append(line)
        length += len(line)
        if length >= min(size, REPEATED_BYTES):
            break
    text = "".join(piece)
    while size >= len(text):
        out.write(text)
        size -= len(text)
    out.write(text[: text.rfind("\n", 0, size) + 1])


def write_statements(count, out):
    """In chunks."""
    chunk, size = [], 0
    for line in statements(count):
        chunk.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            out.write("".join(chunk))
            chunk, size = [], 0
    out.write("".join(chunk))


if __name__ == "__main__":
    KINDS = {"services": write_services, "statements": write_statements}
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        raise SystemExit(__doc__)
    KINDS[sys.argv[1]](int(sys.argv[2]), sys.stdout)
