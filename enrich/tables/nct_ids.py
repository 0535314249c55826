"""NCT ids as people print them: which forms are safe to read, and which are misprints to report.

The forms come from 1,292 open-access articles. A missing or surplus digit is never corrected: seven
digits may be any of eighty ids, and nine may be an id with a citation mark behind it, or a typing
error.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from enrich.text import FOOTNOTE_MARKS

# "LTFU of NCT…", "Extension of NCT…": the ids that follow are parents of this row's trial.
_RELATION = re.compile(
    r"\b(?:ltfu|follow[- ]?up|extension|continuation|sub-?study) (?:study |trial )?(?:of|to|from)\b",
    re.I,
)

# One blank, hash or hyphen may stand between prefix and digits; a line break may fall inside the prefix.
_PRINTED = re.compile(
    r"N\s?C\s?T[\s#:]{0,2}[-‐-―]?\s?(?P<digits>\d+(?:[-‐-―]\d+)?)(?P<tail>[A-Za-z]\d)?", re.I
)
_BARE = re.compile(r"\d{2},\d{3},\d{3}|\d+")
_ONLY_NUMBERS = re.compile(r"[\d,;/\s]*\d[\d,;/\s]*")
_PREFIX_ALONE = re.compile(r"(?<![A-Za-z])NCT(?![A-Za-z])", re.I)


@dataclass(frozen=True)
class FoundIds:
    """The ids in a text, each once, in printed order.

    *related* are ids of parent studies; *misprints* say what cannot be read as an id and why;
    *oddities* say what was read as an id although it is printed in an unusual way.
    """

    ids: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    misprints: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()


def find_ids(text: str, *, column_names_nct: bool = False) -> FoundIds:
    """The ids in *text*. With *column_names_nct* (the header says NCT), eight bare digits are an id, too.

    >>> find_ids("NCT 01234567; extension of NCT02345678").ids
    ('NCT01234567',)
    >>> find_ids("NCT0123456").misprints
    ("'NCT0123456' has 7 digits instead of 8",)
    """
    plain = unicodedata.normalize("NFKC", text.translate(FOOTNOTE_MARKS))
    printed = list(_PRINTED.finditer(plain))
    if printed:
        return _from_printed(printed, plain)
    if column_names_nct and _ONLY_NUMBERS.fullmatch(plain):
        return _from_bare([match[0] for match in _BARE.finditer(plain)])
    return FoundIds(
        misprints=(f"{plain.strip()!r} has no number",) if _PREFIX_ALONE.search(plain) else ()
    )


def _from_printed(printed: list[re.Match[str]], plain: str) -> FoundIds:
    good = [match for match in printed if not _fault(match)]
    own = [match for match in good if not _is_parent(match, plain)]
    return FoundIds(
        ids=_each_once(_nct_id(match) for match in own),
        related=_each_once(_nct_id(match) for match in good if match not in own),
        misprints=_each_once(f"{match[0]!r} {_fault(match)}" for match in printed if _fault(match)),
        oddities=_each_once(
            f"{match[0]!r} is read as {_nct_id(match)}" for match in own if _is_odd(match)
        ),
    )


def _from_bare(numbers: list[str]) -> FoundIds:
    digits = [number.replace(",", "") for number in numbers]
    good = [number for number in digits if _is_number(number)]
    return FoundIds(
        ids=_each_once(f"NCT{number}" for number in good),
        misprints=_each_once(
            f"{number!r} {_why_no_number(number)}" for number in digits if not _is_number(number)
        ),
        oddities=_each_once(f"{number!r} is read as NCT{number}" for number in good),
    )


def _nct_id(match: re.Match[str]) -> str:
    return f"NCT{re.sub(r'[^0-9]', '', match['digits'])}"


def _fault(match: re.Match[str]) -> str | None:
    """Why this is not an id, None where it is one.

    `NCT20150127…N1` is an Iranian id with a wrong prefix; `NCT01234567NCT…` is two ids without a blank.
    """
    number = _nct_id(match)[3:]
    if match["tail"]:
        return "looks like the id of another register"
    return None if _is_number(number) else _why_no_number(number)


def _is_number(digits: str) -> bool:
    return len(digits) == 8 and digits.isascii() and int(digits) > 0


def _why_no_number(digits: str) -> str:
    return (
        f"has {len(digits)} digits instead of 8" if len(digits) != 8 else "is not an id that exists"
    )


def _is_parent(match: re.Match[str], plain: str) -> bool:
    return bool(_RELATION.search(plain[: match.start()].rsplit(";", 1)[-1]))


def _is_odd(match: re.Match[str]) -> bool:
    return not match["digits"].isdecimal() or "\n" in match[0]


def _each_once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
