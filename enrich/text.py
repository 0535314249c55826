"""Text that is safe to print: one line, no invisible characters; plurals and lists in words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring

# Left-to-right and right-to-left overrides, isolates and other signs that are not seen but change what is.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def sanitize(text: str, longest: int | None = None) -> str:
    """*text* on one line, without control characters and bidirectional overrides; cut at *longest* signs."""
    seen = strip_invisible(" ".join(text.split()))
    return seen if longest is None or len(seen) <= longest else seen[: longest - 1].rstrip() + "…"


def strip_invisible(text: str) -> str:
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


def join_and(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def json_list(values: Iterable[str]) -> str:
    """Several values as the database and the reports keep them: JSON, in a quarter of the time that its encoder needs."""
    return f"[{', '.join(map(encode_basestring, values))}]"


# --- texts compared by meaning

# A superscript digit is a footnote mark or a citation, never part of the number before it.
FOOTNOTE_MARKS = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " "))


def casefold_text(text: str) -> str:
    """*text* without footnote marks, compatibility forms undone, in lower case, with single blanks."""
    return " ".join(
        unicodedata.normalize("NFKC", text.translate(FOOTNOTE_MARKS)).casefold().split()
    )


def normalize_label(text: str) -> str:
    """*text* as the tables below spell it: folded, and every sign but letters, digits and strokes a blank."""
    return " ".join(re.sub(r"[^\w/]+|_", " ", casefold_text(text)).split())


_NO_LETTERS = re.compile(r"[\W_]+")


@lru_cache(maxsize=256)  # a title is looked at several times for one row
def alphanumeric_key(text: str) -> str:
    """Only the letters and digits of *text*, so that ®, §, hyphens and blanks make no difference."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())
