"""What makes a run fast without changing what it says, and can be switched off.

An engineer who looks for a fault runs without these shortcuts; the tests compare a run with and one
without. The figures are of a table of 1,000 trials on two processors.
"""

import gc
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Shortcuts:
    """Each is True where the shortcut is taken.

    - *line_digests*: a record whose line the registry prints as before is not parsed (-40 % of a
      run in which nothing changed).
    - *row_fingerprints*: a row of which nothing changed is not compared again (-20 %).
    - *prefetch*: the next request is sent while an answer is processed (-20 % of a first load).
    - *gc_pause*: Python does not search for cycles of objects (-7 % of a first load).
    - *zip_directory*: the directory of a bulk download is read as a stream (600,000 entries: -6 s
      and -380 MB).
    """

    line_digests: bool = True
    row_fingerprints: bool = True
    prefetch: bool = True
    gc_pause: bool = True
    zip_directory: bool = True

    @classmethod
    def without(cls, names: str) -> "Shortcuts":
        """All shortcuts but those in *names*, separated by commas; `all` is every one.

        >>> Shortcuts.without("prefetch, gc_pause").prefetch
        False

        Raises ValueError for an unknown name.
        """
        known = [field.name for field in fields(cls)]
        off = {name.strip() for name in names.split(",") if name.strip()}
        unknown = off - {*known, "all"}
        if unknown:
            raise ValueError(
                f"unknown shortcut {min(unknown)!r}; there are {', '.join(known)}, all"
            )
        return cls(**{name: not off & {name, "all"} for name in known})


ALL_SHORTCUTS = Shortcuts()


@contextmanager
def gc_paused(shortcuts: Shortcuts = ALL_SHORTCUTS) -> Iterator[None]:
    """Pauses Python's search for reference cycles, unless that shortcut is off.

    Records have no cycles, and searching thousands of their small objects again and again takes a
    sixth of a run. Objects outside of cycles are freed all the same, so memory does not grow (4,000
    trials: 118 MB with the pause, 115 MB without).
    """
    was_enabled = gc.isenabled()
    if shortcuts.gc_pause:
        gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def safe_path() -> Iterator[None]:
    """Python processes that are started within import nothing from the folder they are started in.

    A file there, such as `signal.py`, would run in place of a library.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


_SAFE_PATH = "PYTHONSAFEPATH"


@cache
def code_fingerprint() -> bytes:
    """A digest of the code of this package: verdicts that another version stored are computed
    again.
    """
    return fingerprint_of_package(files("enrich"))


def fingerprint_of_package(package: Traversable) -> bytes:
    """A digest of all files in *package* and in the packages inside it:
    modules and their tables.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_files(package, ""), key=lambda named: named[0]):
        digest.update(f"{name}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.digest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{path}{entry.name}"
        if entry.is_file():
            yield name, entry
        elif entry.name != "__pycache__":
            yield from _files(entry, f"{name}/")
