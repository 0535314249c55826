"""The sections [[dismissed]] of a description, as `enrich dismiss` writes and removes them.

The rest of the file stays to the letter: it is the user's own.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from enrich.atomic import write_atomic
from enrich.errors import TableError
from enrich.escaping import toml_string
from enrich.files import read_file
from enrich.models import Dismissal
from enrich.tables.description import MOST_BYTES

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_DISMISSED = re.compile(r"[ \t]*\[\[[ \t]*dismissed[ \t]*\]\]")


def write_dismissal(path: Path, dismissal: Dismissal) -> None:
    """Adds a section to the description *path*, in place of an earlier one about the same trial and
    field. Raises TableError where the file cannot be read or written so.
    """
    text = _without(_read(path), dismissal.nct_id, dismissal.field)
    _write(path, f"{text.rstrip()}\n\n{section(dismissal)}", dismissal)


def remove_dismissal(path: Path, nct_id: str, field: str) -> bool:
    """Removes the section about a trial and field; gives whether there was one."""
    before = _read(path)
    text = _without(before, nct_id, field)
    if text == before:
        return False
    _write(path, f"{text.rstrip()}\n", None)
    return True


def section(dismissal: Dismissal) -> str:
    """A section in TOML.

    >>> print(section(Dismissal("NCT01813279", "enrollment", 'counted as "treated"')), end="")
    [[dismissed]]
    nct = "NCT01813279"
    field = "enrollment"
    because = "counted as \\"treated\\""
    """
    keys = {"nct": dismissal.nct_id, "field": dismissal.field, "because": dismissal.because}
    lines = (f"{name} = {toml_string(value)}\n" for name, value in keys.items())
    return "".join(("[[dismissed]]\n", *lines))


def _without(text: str, nct_id: str, field: str) -> str:
    """*text* without the sections about a trial and field."""
    return "".join(
        _comments_below(part) if _is_about(part, nct_id, field) else part for part in _parts(text)
    )


def _comments_below(part: str) -> str:
    """The comments behind the last key of a section: they are about what follows.

    >>> _comments_below("[[dismissed]]\\nbecause = 'x'\\n\\n# Status: sure.\\n")
    '# Status: sure.\\n'
    """
    lines = part.split("\n")
    last_key = max(at for at, line in enumerate(lines) if line.strip()[:1] not in ("", "#"))
    return "\n".join(lines[last_key + 1 :]).lstrip("\r\n")


def _parts(text: str) -> Iterator[str]:
    """The beginning of a description, then each of its sections."""
    starts = [0, *(found.start() for found in _HEADER.finditer(text)), len(text)]
    return (text[start:end] for start, end in pairwise(starts))


def _is_about(part: str, nct_id: str, field: str) -> bool:
    if not _DISMISSED.match(part):
        return False
    try:
        (entry,) = tomllib.loads(part)["dismissed"]
    except tomllib.TOMLDecodeError:  # what looked like a header stands in a text of several lines
        return False
    return (entry.get("nct"), entry.get("field")) == (nct_id, field)


def _read(path: Path) -> str:
    try:
        return read_file(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from error


def _write(path: Path, text: str, added: Dismissal | None) -> None:
    """Raises TableError where the section would not be read as meant: the file stays as it is."""
    try:
        entries = tomllib.loads(text).get("dismissed", [])
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{path}: add the section [[dismissed]] by hand: {error}") from error
    keys = {"nct": added.nct_id, "field": added.field, "because": added.because} if added else None
    if keys and keys not in entries:
        raise TableError(f"{path}: add the section [[dismissed]] by hand")
    write_atomic(path, text.encode())
