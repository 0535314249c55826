"""Text made safe to print, plurals and lists in words, and keys by which texts are compared."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from json import JSONEncoder
from typing import Any, cast

# Control characters, bidirectional overrides and isolates, and other characters that nobody sees
# but that change what is seen (categories of Unicode).
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def sanitize(text: str, longest: int | None = None) -> str:
    """*text* on one line, without invisible characters, cut at *longest* characters.

    >>> sanitize("a line\\n  with \\x1b[2J escapes", 12)
    'a line with…'
    """
    line = strip_invisible(" ".join(text.split()))
    return line if longest is None or len(line) <= longest else line[: longest - 1].rstrip() + "…"


def hide_credentials(text: str) -> str:
    """*text* without what stands before the host of an address.

    >>> hide_credentials("no answer from https://user:secret@registry.test/api")
    'no answer from https://…@registry.test/api'
    """
    return re.sub(r"(?<=://)[^/\s]*@", "…@", text)


def strip_invisible(text: str) -> str:
    """*text* without the characters that nobody sees but that change what is seen; spaces stay."""
    if text.isprintable():  # nearly every text, and far faster than looking at each character
        return text
    return "".join(
        character
        for character in text
        if unicodedata.category(character) not in _INVISIBLE and not _is_noncharacter(character)
    )


def _is_noncharacter(character: str) -> bool:
    """Whether Unicode sets the code point aside for ever; XML and HTML do not allow it."""
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF


def plural(number: int, singular: str, plural_form: str | None = None) -> str:
    """A number with its noun, whose plural ends in "s" unless *plural_form* is given.

    >>> plural(1234, "trial"), plural(1, "study", "studies")
    ('1,234 trials', '1 study')
    """
    return f"{number:,} {singular if number == 1 else plural_form or singular + 's'}"


def join_and(parts: Iterable[str]) -> str:
    """The parts as a list in words.

    >>> join_and(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def join_some(parts: Sequence[str], most: int) -> str:
    """The first *most* parts as a list in words, and how many more there are.

    >>> join_some(["a", "b", "c", "d"], 2), join_some(["a", "b"], 2)
    ('a, b and 2 more', 'a and b')
    """
    more = [f"{len(parts) - most:,} more"] if len(parts) > most else []
    return join_and([*parts[:most], *more])


def capitalize_first(text: str) -> str:
    """*text* with a capital at its beginning; the rest stays, unlike with `str.capitalize`.

    >>> capitalize_first("results of NCT01234567")
    'Results of NCT01234567'
    """
    return f"{text[:1].upper()}{text[1:]}"


def json_list(values: Iterable[str]) -> str:
    """*values* as a JSON list: the form in which the database and reports keep several values.

    >>> json_list(["α", 'a "b"'])
    '["α", "a \\\\"b\\\\""]'
    """
    return _JSON.encode([*values])


_JSON = JSONEncoder(ensure_ascii=False)


# --- texts compared by meaning

# A superscript digit is a footnote mark or a citation, never part of the number before it.
FOOTNOTE_MARKS = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " "))


def casefold_text(text: str) -> str:
    """*text* in lower case, with single spaces, without footnote marks and compatibility forms."""
    return " ".join(
        unicodedata.normalize("NFKC", text.translate(FOOTNOTE_MARKS)).casefold().split()
    )


def normalize_label(text: str) -> str:
    """*text* as the vocabulary spells labels: casefolded, with nothing but letters, digits and
    slashes.

    >>> normalize_label("Double-blind, Phase I/II")
    'double blind phase i/ii'
    """
    return " ".join(re.sub(r"[^\w/]+|_", " ", casefold_text(text)).split())


_NO_LETTERS = re.compile(r"[\W_]+")


@lru_cache(maxsize=256)  # a title is looked at several times for one row
def alphanumeric_key(text: str) -> str:
    """The letters and digits of *text*, so that ®, §, hyphens and spaces make no difference."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def lazy_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression that is compiled when it is first used.

    Compiling all patterns of the readers of cells takes a tenth of a run in which nothing has
    changed, and such a run reads no cell.
    """
    return cast(re.Pattern[str], _LazyPattern(pattern, flags))


class _LazyPattern:
    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self.flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)
