"""An output format: its name, the endings of its files, and the module that renders it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Format:
    """A format of reports or exports.

    *module* has a function `render`, which takes what is rendered and returns text, or bytes where
    the format *needs_file*. What *has_charts* needs the timelines of the trials, and what
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

    @property
    def may_have_bom(self) -> bool:
        """Whether a byte order mark at the beginning helps a program that reads it (Excel)."""
        return self.media_type == "text/csv"


def by_name(*formats: Format) -> Mapping[str, Format]:
    """*formats* by their names."""
    return {format_.name: format_ for format_ in formats}


def format_of_file(path: Path | None, formats: Mapping[str, Format]) -> Format | None:
    """The format that the ending of *path* (`.md`) names; None where it names none."""
    ending = path.suffix.lower().removeprefix(".") if path else ""
    return next((format_ for format_ in formats.values() if ending in format_.endings), None)
