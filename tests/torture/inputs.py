"""The inputs. Each function writes one to a path; `n` scales it. Nothing large is held: it would be seen in the peaks."""
import gzip
import io
import os
import tarfile
import zipfile

import generate

CHUNK_BYTES = 1 << 20
ERROR = "2026-11-22T10:00:00Z ERROR dock: hook is open, lift failed\n"
FINE = "2026-11-22T10:00:00Z INFO dock: lifted a box\n"


def text(path, content):
    """`content` as it is; bytes or text."""
    with open(path, "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())


def repeated(path, piece, times, before=b"", after=b""):
    """`piece` so many times, in chunks."""
    per_chunk = max(1, CHUNK_BYTES // len(piece))
    with open(path, "wb") as out:
        out.write(before)
        while times > 0:
            out.write(piece * min(times, per_chunk))
            times -= per_chunk
        out.write(after)


def one_line(path, n):
    """One line of n bytes."""
    repeated(path, b"lifted box 17 ", n // 14)


def one_word(path, n):
    """One line without a space."""
    repeated(path, b"a1", n // 2)


def holes(path, n):
    """NUL bytes only: what a crash leaves of a file that was not synced."""
    repeated(path, b"\0", n)


def nul_between(path, n):
    """A log with a NUL in each of n lines, and a failure at its end."""
    repeated(path, b"2026-11-22T10:00:00Z INFO dock: lifted a \0 box\n", n, after=ERROR.encode())


def utf16(path, order, n):
    """n lines and a failure as UTF-16."""
    mark = {"le": b"\xff\xfe", "be": b"\xfe\xff"}[order]
    repeated(path, FINE.encode(f"utf-16-{order}"), n, before=mark, after=ERROR.encode(f"utf-16-{order}"))


def gzip_bomb(path, n):
    """n bytes of one letter."""
    with gzip.open(path, "wb", compresslevel=9) as out:
        for _ in range(n // CHUNK_BYTES):
            out.write(b"a" * CHUNK_BYTES)


def zstd_bomb(path, n):
    """n bytes of one letter as zstd blocks that say 'repeat this byte' (RFC 8878, 3.1.1.2), made by hand: no library needed."""
    block = 128 << 10
    blocks = n // block
    with open(path, "wb") as out:
        # Magic number; a window of 128 KiB; no content size, no checksum.
        out.write(b"\x28\xb5\x2f\xfd\x00\x38")
        for index in range(blocks):
            last = index == blocks - 1
            out.write((block << 3 | 1 << 1 | last).to_bytes(3, "little") + b"a")


def packed(path, n):
    """A log of n lines and a failure, packed with gzip."""
    with gzip.open(path, "wt") as out:
        for number in range(n):
            out.write(f"2026-11-22T10:00:00Z INFO dock: lifted box {number * 7919}\n")
        out.write(ERROR)


def cut_gzip(path, n):
    """The same, its last third lost."""
    packed(path, n)
    os.truncate(path, os.path.getsize(path) * 2 // 3)


def packed_then_garbage(path, n):
    """A whole gzip file with other bytes behind it."""
    packed(path, n)
    with open(path, "ab") as out:
        out.write(b"these bytes are not packed" * 10)


def tar(path, mode):
    """A tar, or a packed one, with a log in it."""
    with tarfile.open(path, mode) as archive:
        member = tarfile.TarInfo("app.log")
        member.size = len(ERROR)
        archive.addfile(member, io.BytesIO(ERROR.encode()))


def zip_archive(path):
    """A zip with a log in it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.log", ERROR)


def statements(path, n):
    """n statements that differ in their words."""
    with open(path, "w", encoding="utf-8") as out:
        generate.write_statements(n, out)


def services(path, n):
    """A log of n bytes as services write it; by a process of its own, which holds some of it."""
    child = os.fork()
    if child == 0:
        with open(path, "w", encoding="utf-8") as out:
            generate.write_services(n, out)
        os._exit(0)
    os.waitpid(child, 0)


def backwards(path, n):
    """n lines, each a second before the one above it."""
    with open(path, "w", encoding="utf-8") as out:
        for number in range(n):
            second = n - number
            clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            level = "ERROR" if number % 1000 == 0 else "INFO"
            out.write(f"2026-11-22T{clock}Z {level} dock: lift failed\n")


def not_utf8(path, n):
    """n lines in Latin-1 and a failure."""
    repeated(path, "2026-11-22T10:00:00Z INFO café: pier à côté\n".encode("latin-1"), n, after=ERROR.encode())


def long_trace(path, n):
    """One exception with n frames."""
    head = b"2026-11-22T10:00:00Z ERROR dock: lift failed\njava.lang.StackOverflowError: hook\n"
    repeated(path, b"\tat org.harbour.Crane.lift(Crane.java:31)\n", n, before=head)


def deep_json(path, n):
    """JSON objects and lists nested n deep, closed and not."""
    with open(path, "wb") as out:
        out.write(b'{"level":"error","msg":"lift failed","a":' + b'{"a":' * n + b"1" + b"}" * n + b"}\n")
        out.write(b"[" * n + b"]" * n + b"\n")
        out.write(b'{"a":[' * n + b"\n")


def escapes(path, n):
    """Colour codes without text, and one that never ends."""
    repeated(path, b"\x1b[31m\x1b[0m", n, before=ERROR.encode(), after=b"\x1b[" + b"1;" * n)


def random_bytes(path, n):
    """Noise, the same each time."""
    numbers = generate.Numbers()
    with open(path, "wb") as out:
        for _ in range(n // 1024):
            out.write(bytes(numbers.below(256) for _ in range(1024)))
