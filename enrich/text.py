"""Text that is safe to print: one line, no invisible characters; plurals and lists in words."""

import unicodedata
from collections.abc import Iterable

# Left-to-right and right-to-left overrides, isolates and other signs that are not seen but change what is.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def inert(text: str, longest: int | None = None) -> str:
    """*text* on one line, without control characters and bidirectional overrides; cut at *longest* signs."""
    seen = visible(" ".join(text.split()))
    return seen if longest is None or len(seen) <= longest else seen[: longest - 1].rstrip() + "…"


def visible(text: str) -> str:
    """*text* without the signs that are not seen but change what is; its blanks stay."""
    if text.isprintable():  # nearly every text, and far faster than looking at each sign
        return text
    return "".join(
        sign
        for sign in text
        if unicodedata.category(sign) not in _INVISIBLE and not _is_no_character(sign)
    )


def _is_no_character(sign: str) -> bool:
    """The code points that Unicode sets aside for ever; XML and HTML do not allow them."""
    return ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listing(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last
