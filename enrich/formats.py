"""An output format: its name, the endings of its files, and the module that renders it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Format:
    """A format of reports or exports.

    *module* has a function `render`, which takes what is rendered and returns text, or bytes where
    the format *needs_file*. Where the text may be long it also has `render_parts`, which
    gives the same piece by piece. What *has_charts* needs the timelines of the trials, and what
    *has_records* their whole records, and what *has_evidence* also their papers and early versions.
    What *has_table* prints the columns of the table. The module is imported at the first use, so
    that a command loads only the libraries that it needs.
    """

    name: str
    module: str
    media_type: str
    endings: tuple[str, ...] = ()
    needs_file: bool = False
    has_charts: bool = False
    has_records: bool = False
    has_evidence: bool = False
    has_table: bool = False

    def render(self, content: Any) -> str | bytes:
        """*content* in this format; EnrichError where a library that the format
        needs is missing.
        """
        rendered: str | bytes = import_module(self.module).render(content)
        return rendered

    def parts(self, content: Any) -> Iterator[str | bytes]:
        """The same in parts of some size, each made when it is asked for."""
        module = import_module(self.module)
        if hasattr(module, "render_parts"):
            yield from _joined(module.render_parts(content))
        else:
            yield module.render(content)

    @property
    def may_have_bom(self) -> bool:
        """Whether a byte order mark at the beginning helps a program that reads it (Excel)."""
        return self.media_type == "text/csv"


# Characters of a part: a line is too little to be written by itself.
_LEAST = 1 << 16


def _joined(parts: Iterable[str]) -> Iterator[str]:
    some: list[str] = []
    size = 0
    for part in parts:
        some.append(part)
        size += len(part)
        if size >= _LEAST:
            yield "".join(some)
            some.clear()
            size = 0
    yield "".join(some)


def by_name(*formats: Format) -> Mapping[str, Format]:
    """*formats* by their names."""
    return {format_.name: format_ for format_ in formats}


def format_of_file(path: Path | None, formats: Mapping[str, Format]) -> Format | None:
    """The format that the ending of *path* (`.md`) names; None where it names none."""
    ending = path.suffix.lower().removeprefix(".") if path else ""
    return next((format_ for format_ in formats.values() if ending in format_.endings), None)
