"""A cell that is to be read, and what a parser makes of it."""

import re
from dataclasses import dataclass
from functools import cached_property

from enrich.compare.cells.normalize import normalize_cell
from enrich.compare.vocabulary import NO_CLAIM, Codes
from enrich.models import Claim, Unreadable
from enrich.text import json_list, normalize_label, sanitize

# A statement about one of our fields is a few words; the bound also keeps any text, however
# malicious, from taking long to read.
_LONGEST_STATEMENT = 1000


# No mark for "no data" holds a digit, but for a footnote's, or is longer.
_DIGIT = re.compile("[0-9]")
_LONGEST_MARK = 60


@dataclass(frozen=True)
class Cell:
    """The text of a cell as printed, and what its column says.

    *date_order* is how the column writes a date of three numbers (`dates.ORDERS`), None where that
    is not known. *participants* is which of its numbers counts them (`counts.PLACES`), where its
    column prints several.
    """

    text: str
    says: tuple[str, ...] = ()
    date_order: str | None = None
    participants: str | None = None

    @cached_property
    def plain(self) -> str:
        """The text in lower case, without the ways of printing."""
        return normalize_cell(self.text)

    @property
    def is_prose(self) -> bool:
        """Whether the cell is longer than any statement that a table prints."""
        return len(self.text) > _LONGEST_STATEMENT

    @cached_property
    def is_blank(self) -> bool:
        """Whether the cell is empty or prints one of the usual marks for "no data"."""
        if len(self.text) > _LONGEST_MARK or (_DIGIT.search(self.text) and "&" not in self.text):
            return False
        return not self.plain or normalize_label(self.plain) in NO_CLAIM


@dataclass(frozen=True)
class Elsewhere:
    """The cell speaks of something else than the field, and is understood: a measured age."""


Reading = Claim | Unreadable | Elsewhere | None
"""What a parser makes of a cell about one field; None where the cell does not speak of it."""


def code_claim(codes: Codes, *, as_list: bool = False) -> Claim:
    """A claim of registry codes; *as_list* keeps a single code as a JSON list, too."""
    single = codes.agree[0] if len(codes.agree) == 1 and not as_list else None
    return Claim(codes, single or json_list(codes.agree or codes.unsure))


def unreadable(cell: Cell, why: str) -> Unreadable:
    """The reason in a sentence that quotes the cell."""
    return Unreadable(f"{sanitize(cell.text, 120)!r} {why}")
