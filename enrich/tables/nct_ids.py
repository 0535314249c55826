"""NCT ids as people print them: which forms are safe to read, and which are misprints to report.

The forms come from 1,292 open-access articles. A missing or surplus digit is never corrected: seven
digits may be any of eighty ids, and nine may be an id with a citation mark behind it, or a typing
error.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from enrich.text import FOOTNOTE_MARKS

# "LTFU of NCT…", "Parent study: NCT…": the ids that follow are parents of this row's trial.
_RELATION = re.compile(
    r"\b(?:ltfu|follow[- ]?up|extension|continuation|sub-?study|roll-?over) (?:study |trial )?"
    r"(?:of|to|from)\b"
    r"|\bparent (?:study|trial|protocol)\b",
    re.I,
)
_PARENT_BEHIND = re.compile(r"\s?\(\s?parent(?: study| trial)?\s?\)", re.I)

# One blank, hash or hyphen may stand between prefix and digits; a line break may fall inside the
# prefix.
# Inside a word it is an id only where a blank was lost ("…govNCT01234567"): "distinct 12345678" is
# none.
_PREFIX = r"(?:(?<![A-Za-z])(?i:N\s?C\s?T)[\s#:]{0,2}[-‐-―]?\s?|(?<=[a-z])NCT)"
_PRINTED = re.compile(
    rf"{_PREFIX}(?P<digits>\d{{2}},\d{{3}},\d{{3}}(?!\d)|\d+(?:[-‐-―]\d+)?)(?P<tail>[A-Za-z]\d)?"
)
NO_NUMBER = "has no number"
_BARE = re.compile(r"\d{2},\d{3},\d{3}|\d+")
_ONLY_NUMBERS = re.compile(r"\A[,;/\s]*\d[\d,;/\s]*")
_PREFIX_ALONE = re.compile(r"(?<![A-Za-z])NCT(?![A-Za-z])", re.I)
# Letters of the prefix that were swapped, lost or doubled; letters O and l among the digits.
_MISSPELT = re.compile(
    r"(?<![A-Za-z])(?:(?:NTC|CNT|CTN|TNC|TCN|NC|CT|NT|NNCT|NCCT|NCTT)[\s#:-]?(?P<digits>\d{8})"
    r"|NCT[\s#:-]?(?=\d*[OoIl])(?P<letters>[0-9OoIl]{8}))(?![A-Za-z0-9])"
)
# Every form above has a prefix of which this finds a part; few other texts do.
_MAY_HOLD_ID = re.compile(r"[Nn]\s?[Cc]\s?[Tt]|[NCT]{2}[\s#:-]?\d")
_AS_DIGITS = str.maketrans("OoIl", "0011")

# How the ids of other registers are printed. Sources: the registers of the WHO's ICTRP network.
_OTHER_REGISTERS = {
    "ACTRN": r"ACTRN\s?\d{14}p?",
    "ChiCTR": r"ChiCTR-?[A-Z0-9-]{6,20}",
    "CRiS": r"KCT\s?\d{7}",
    "CTRI": r"CTRI/\d{4}/\d{2,3}/\d{6}",
    "DRKS": r"DRKS\s?\d{8}",
    "EU": r"(?:EUCTR|EudraCT(?: No\.?| number)?:?)\s?\d{4}-\d{6}-\d{2}(?:-[A-Z]{2})?|"
    r"(?<![\d-])20\d{2}-\d{6}-\d{2}(?:-\s?\d{2})?(?!\d)",
    "IRCT": r"IRCT\s?\d{8,14}N\d{1,3}",
    "ISRCTN": r"ISRCTN\s?\d{8}",
    "JPRN": r"jRCTs?\d{9,10}|(?:JPRN-)?UMIN\s?\d{9}|JapicCTI-?\s?\d{6}|JMA-IIA\d{5}",
    "LBCTR": r"LBCTR\d{10}",
    "NTR": r"(?:NTR|NL)-?\s?(?:OMON)?\d{3,5}(?!\d)",
    "PACTR": r"PACTR\s?\d{15,16}",
    "ReBec": r"RBR-[0-9a-z]{6,8}",
    "REPEC": r"PER-\d{3}-\d{2}",
    "RPCEC": r"RPCEC\s?\d{8}",
    "SLCTR": r"SLCTR/\d{4}/\d{3}",
    "TCTR": r"TCTR\s?\d{11}",
}


@cache
def _other_registers() -> re.Pattern[str]:
    """Compiled where it is needed: a run needs only NCT ids."""
    patterns = "|".join(f"(?:{pattern})" for pattern in _OTHER_REGISTERS.values())
    return re.compile(rf"(?<![A-Za-z0-9])(?:{patterns})")


def find_other_ids(text: str) -> tuple[str, ...]:
    """The ids of other registers in *text*, each once, in printed order.

    >>> find_other_ids("ChiCTR2000030835; NCT01234567; EUCTR2013-001234-56-DE")
    ('ChiCTR2000030835', 'EUCTR2013-001234-56-DE')
    """
    plain = _readable(text)
    return _each_once(match[0] for match in _other_registers().finditer(plain))


def _readable(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(FOOTNOTE_MARKS))


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


_NONE = FoundIds()


def find_ids(text: str, *, column_names_nct: bool = False) -> FoundIds:
    """The ids in *text*. With *column_names_nct* (the header says NCT), eight bare digits are an
    id, too.

    >>> find_ids("NCT 01234567; extension of NCT02345678").ids
    ('NCT01234567',)
    >>> find_ids("NCT0123456").misprints
    ("'NCT0123456' has 7 digits instead of 8",)
    """
    if text.isascii() and not column_names_nct and not _MAY_HOLD_ID.search(text):
        return _NONE
    return _find_ids(text, column_names_nct)


@lru_cache(maxsize=65536)  # a cell is looked at many times while a document is read
def _find_ids(text: str, column_names_nct: bool) -> FoundIds:
    plain = _readable(text)
    misspelt = list(_MISSPELT.finditer(plain))
    readable = _MISSPELT.sub(lambda match: " " * len(match[0]), plain)
    printed = list(_PRINTED.finditer(readable))
    if printed or misspelt:
        found = _from_printed(printed, readable)
    elif column_names_nct and _ONLY_NUMBERS.fullmatch(plain):
        found = _from_bare([match[0] for match in _BARE.finditer(plain)])
    elif _PREFIX_ALONE.search(plain):
        found = FoundIds(misprints=(f"{plain.strip()!r} {NO_NUMBER}",))
    else:
        found = FoundIds()
    return replace(found, misprints=(*map(_misspelling, misspelt), *found.misprints))


def _misspelling(match: re.Match[str]) -> str:
    meant = match["digits"] or match["letters"].translate(_AS_DIGITS)
    return f"{match[0]!r} is not an NCT id; NCT{meant} may be meant"


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

    `NCT20150127…N1` is an Iranian id with a wrong prefix; `NCT01234567NCT…` is two ids without a
    blank.
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
    before = plain[: match.start()].rsplit(";", 1)[-1]
    return bool(_RELATION.search(before) or _PARENT_BEHIND.match(plain, match.end()))


def _is_odd(match: re.Match[str]) -> bool:
    return not match["digits"].isdecimal() or "\n" in match[0]


def _each_once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
