"""Opens every file that a person names: a regular file of a bounded size, or the reason why not.

A pipe, a device or a file that never ends would otherwise keep a run busy for ever, or fill the
memory. The reasons are OSErrors, so that each caller reports them as it reports a missing file.
"""

import errno
import io
import os
import stat
from pathlib import Path
from typing import Any

# What a path may lead to, other than a file, in the words of a message.
_KINDS = (
    (stat.S_ISDIR, "it is a directory, not a file"),
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
)
_PIECE = 1 << 20


def open_file(path: Path) -> io.BufferedReader:
    """The file at *path*, open for reading.

    OSError, whose `strerror` is the reason, for anything but a regular file: it is never waited
    for.
    """
    # Without waiting: opening a pipe waits for somebody who writes into it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        _check_kind(os.fstat(descriptor).st_mode, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path, most: int) -> bytes:
    """The content of the file at *path*, of at most *most* bytes.

    OSError as of `open_file`, and for a file that is larger. What is read is counted: a file may
    grow, or have another size than it claims.
    """
    too_large = OSError(errno.EFBIG, f"it has more than {most / 1e6:,.0f} MB", str(path))
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise too_large
        pieces: list[bytes] = []
        left = most
        while piece := file.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise too_large
            pieces.append(piece)
        return b"".join(pieces)


def read_kept_json(path: Path, most: int) -> dict[str, Any] | None:
    """The JSON object in the file *path* of our own; None where nothing readable is: what is kept
    there can be asked for again.
    """
    import orjson

    try:
        kept = orjson.loads(read_file(path, most))
    except (OSError, ValueError, RecursionError):
        return None
    return kept if isinstance(kept, dict) else None


def check_regular(path: Path) -> None:
    """OSError where there is something else than a regular file at *path*; a missing one is
    left to the caller.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    _check_kind(mode, path)


def _check_kind(mode: int, path: Path) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "it is no regular file")
    raise OSError(errno.EINVAL, kind, str(path))


def is_same_file(path: Path, other: Path) -> bool:
    """Whether two paths lead to one file, whatever links and spellings they go through.

    Where one of them does not exist, both have to lead to the same place.
    """
    try:
        return path.samefile(other)
    except OSError:
        return _resolved(path) == _resolved(other)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        return path.absolute()
