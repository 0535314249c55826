"""What the cells of a column look like, by themselves."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from enrich.dates import ORDERS, proven_orders
from enrich.tables.nct_ids import find_ids
from enrich.text import lazy_pattern

_AGE_WORDS = lazy_pattern(r"\bages?d?\b|\bold(?:er)?\b|\bolder\b|years and", re.I)
# What a cell prints that speaks of the field, whatever its header is.
_DISTINCT: Mapping[str, re.Pattern[str]] = {
    "phases": lazy_pattern(r"\bphases?(?:\b|(?=[\dIi]))|\bph\.? ?\d", re.I),
    "masking": lazy_pattern(r"blind|mask|open[- ]label|\b(?:DB|SB|OL)\b", re.I),
    "allocation": lazy_pattern(r"random|\bN?RCTs?\b", re.I),
    "intervention_model": lazy_pattern(
        r"parallel|cross-?over|factorial|sequential|single[- ](?:group|arm)|one[- ]arm", re.I
    ),
    "primary_purpose": lazy_pattern(r"purpose", re.I),
    "study_type": lazy_pattern(r"interventional|observational|expanded access", re.I),
    "overall_status": lazy_pattern(
        r"recruit|complet|terminat|withdr|suspend|enrolling|unknown|on-?going|halted|stopped", re.I
    ),
    "minimum_age": _AGE_WORDS,
    "maximum_age": _AGE_WORDS,
}
_ACRONYM = lazy_pattern(r"[A-Z][\w-]*[A-Z\d][\w-]*(?: [\w-]+){0,3}(?: ?\(.*\))?")
_BARE_NUMBER = lazy_pattern(r"\d+(?:[.,·]\d+)?(?: ?(?:years?|yrs?|y))?", re.I)
# Limits of age as nearly all trials set them; means of those who took part are any number.
_LIMITS = "0 1 2 5 6 10 12 14 15 16 18 19 20 21 25 30 35 40 45 50 55 60 65 70 75 80"
_USUAL_LIMITS = frozenset(_LIMITS.split())
_SPONSOR_CLASS = lazy_pattern(
    r"(?:other|industry|nih|network|fed|individual|unknown|indiv|other[ _]gov|u\.?s\.? fed"
    r"|ambig|government|academic|academia)(?:[|,;/ ]+(?:other|industry|nih|network))*",
    re.I,
)
_MOST_WORDS = 80
_NUMBERS = lazy_pattern(r"\d[\d,.]*")
_THREE_NUMBERS = lazy_pattern(r"\b\d{1,2}([-/.])\d{1,2}\1\d{2,4}\b")


class CellShape:
    """The look of the printed cells of one column."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.printed = [cell for cell in cells if cell.strip()]

    def counts_distinct(self, field: str) -> int:
        """How many cells speak of *field* in words that mean nothing else."""
        pattern = _DISTINCT.get(field)
        return 0 if pattern is None else sum(bool(pattern.search(cell)) for cell in self.printed)

    @cached_property
    def words(self) -> int:
        """How many words the cell in the middle has."""
        counts = sorted(len(cell.split()) for cell in self.printed)
        return counts[len(counts) // 2] if counts else 0

    @property
    def is_prose(self) -> bool:
        """Whether the cells are texts, longer than any title or list that states a field."""
        return self.words > _MOST_WORDS

    @property
    def holds_ids(self) -> bool:
        """Whether most cells name a trial by its id."""
        return self._share(lambda cell: bool(find_ids(cell).ids)) > 0.5

    @property
    def holds_acronyms(self) -> bool:
        """Whether most cells look like acronyms of trials."""
        return self._share(lambda cell: bool(_ACRONYM.fullmatch(cell.strip()))) >= 0.6

    @property
    def holds_sponsor_classes(self) -> bool:
        """Whether most cells print what kind of sponsor it is, and no name."""
        return self._share(lambda cell: bool(_SPONSOR_CLASS.fullmatch(cell.strip()))) >= 0.6

    @property
    def length(self) -> int:
        """How many characters the cell in the middle has: of two dates, the longer is the finer."""
        lengths = sorted(map(len, self.printed))
        return lengths[len(lengths) // 2] if lengths else 0

    @property
    def holds_measured_ages(self) -> bool:
        """Whether the cells are bare numbers that few trials have as a limit of age."""
        bare = [cell for cell in self.printed if _BARE_NUMBER.fullmatch(cell.strip())]
        unusual = [cell for cell in bare if cell.split()[0] not in _USUAL_LIMITS]
        return len(bare) > len(self.printed) / 2 and len(unusual) > len(bare) / 3

    @property
    def holds_several_numbers(self) -> bool:
        """Whether most cells print more than one number."""
        return self._share(lambda cell: len(_NUMBERS.findall(cell)) > 1) > 0.5

    @property
    def possible_orders(self) -> tuple[str | None, ...]:
        """How the column may write dates of three numbers: as its cells prove, else both ways."""
        if not any(_THREE_NUMBERS.search(cell) for cell in self.printed):
            return (None,)
        proven = {order for cell in self.printed for order in proven_orders(cell)}
        if len(proven) > 1:  # cells that prove two orders prove none
            return (None,)
        return tuple(proven) or (None, *ORDERS[:2])

    def _share(self, holds: Callable[[str], bool]) -> float:
        return sum(map(holds, self.printed)) / len(self.printed) if self.printed else 0.0
