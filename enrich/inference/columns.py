"""Guesses which fields the columns of a table say."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from enrich.compare.rules import RULES
from enrich.dates import proven_orders
from enrich.inference.evidence import Evidence, Measurer, sample_rows
from enrich.inference.guesses import ColumnGuess, Confidence, Inference
from enrich.inference.headers import HeaderWords, Strength, read_header
from enrich.models import Trial
from enrich.record.names import label
from enrich.tables.nct_ids import find_ids
from enrich.text import lazy_pattern, plural

# --- the fields and their kinds

DATES = tuple(name for name in RULES if name.endswith(("_date", "_posted", "_submitted")))
_TEXTS = ("brief_title", "official_title", "acronym", "conditions", "lead_sponsor")
_AGES = ("minimum_age", "maximum_age")
# Fields that no header and no cell shows well enough to guess them.
_NOT_GUESSED = frozenset(("enrollment_type", "last_known_status"))
FIELDS = tuple(name for name in RULES if name not in _NOT_GUESSED)
# At most one of each group in a column: cells that can be read as one of them can often be read as
# another, too.
_EXCLUSIVE: Sequence[tuple[str, ...]] = (
    DATES,
    (*_TEXTS, "lead_sponsor_class"),
    ("has_results", "overall_status"),
)
# What a cell prints that speaks of the field whatever its header is.
_DISTINCT: Mapping[str, re.Pattern[str]] = {
    "phases": lazy_pattern(r"\bphases?\b|\bph\.? ?\d", re.I),
    "masking": lazy_pattern(r"blind|mask|open[- ]label|\b(?:DB|SB|OL)\b", re.I),
    "allocation": lazy_pattern(r"random|\bN?RCT", re.I),
    "intervention_model": lazy_pattern(
        r"parallel|cross-?over|factorial|sequential|single[- ](?:group|arm)|one[- ]arm", re.I
    ),
    "study_type": lazy_pattern(r"interventional|observational|expanded access", re.I),
    "overall_status": lazy_pattern(
        r"recruit|complet|terminat|withdr|suspend|enrolling|unknown|ongoing|on-going", re.I
    ),
    "minimum_age": lazy_pattern(r"\bages?d?\b|\bold(?:er)?\b|years and", re.I),
    "maximum_age": lazy_pattern(r"\bages?d?\b|\bold(?:er)?\b|years and", re.I),
}
_ACRONYM = lazy_pattern(r"[A-Z][\w-]*[A-Z\d][\w-]*(?: [\w-]+){0,3}(?: ?\(.*\))?")


def infer_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    nct_ids: Sequence[str | None],
    records: Mapping[str, Trial],
) -> Inference:
    """What the columns of a table say about its trials.

    *rows* have a cell for each column of *header*. *nct_ids* are the ids of the rows, None where a
    row names no trial or several. *records* are the facts of the trials by these ids, as far as
    they are at hand: without any, the headers and the shape of the cells decide, and no guess is
    better than LIKELY. The order of the rows and of the columns makes no difference.
    """
    sample = sample_rows(rows, nct_ids, records)
    trials = [row.trial for row in sample]
    columns = [
        _Column(name, [row.cells[place] for row in sample], trials)
        for place, name in enumerate(header)
    ]
    found = [
        _Found(column, field, *verdict) for column in columns for field, verdict in column.found()
    ]
    kept = _one_column_each(found)
    guesses = [guess for column in columns for guess in _guesses(column, kept)]
    return Inference(tuple(guesses), tuple(_warnings(columns, guesses)))


# --- a column


class _Verdict(NamedTuple):
    """How much speaks for a field, and what."""

    confidence: Confidence
    strength: Strength
    evidence: Evidence


@dataclass(frozen=True)
class _Found:
    """A column that may say a field."""

    column: "_Column"
    field: str
    confidence: Confidence
    strength: Strength
    evidence: Evidence

    @property
    def is_active(self) -> bool:
        return self.confidence is not Confidence.DOUBT

    @property
    def rank(self) -> tuple[object, ...]:
        """The better, the greater; the name of the column decides where nothing else does."""
        return (
            self.is_active,
            self.strength,
            -self.evidence.luck,
            self.evidence.agreement,
            self.evidence.readable,
            self.column.name,
        )


class _Column:
    """A column with what its header and its cells say."""

    def __init__(self, name: str, cells: Sequence[str], trials: Sequence[Trial | None]) -> None:
        self.name = name
        self.printed = [cell for cell in cells if cell.strip()]
        self.header: HeaderWords = read_header(name)
        self.measurer = Measurer(cells, trials)
        self.order = self._date_order()

    def found(self) -> Iterator[tuple[str, _Verdict]]:
        """Each field that the column may say."""
        if self._names_trials():
            return
        verdicts = dict(self._verdicts())
        _prefer_one_of_group(verdicts, [*self.header.fields])
        yield from verdicts.items()

    def _verdicts(self) -> Iterator[tuple[str, _Verdict]]:
        for field in FIELDS:
            if field in self.header.vetoes:
                continue
            strength = self.header.strength(field)
            evidence = self.measurer.measure(field, self.order)
            confidence = self._confidence(field, strength, evidence)
            if confidence:
                yield field, _Verdict(confidence, strength, evidence)

    def _confidence(self, field: str, strength: Strength, evidence: Evidence) -> Confidence | None:
        """How much speaks for *field*; None where nothing does."""
        if strength is Strength.NAME:
            return self._named(field, evidence)
        if strength is Strength.HINT:
            return self._hinted(field, evidence)
        return self._silent(field, evidence)

    def _named(self, field: str, evidence: Evidence) -> Confidence | None:
        if evidence.printed and not self._has_shape(field, evidence):
            return Confidence.DOUBT if evidence.claims else None
        if _is_refuted(field, evidence):
            return Confidence.DOUBT
        if evidence.agree >= 2 and (evidence.luck <= 0.05 or evidence.agreement >= 0.8):
            return Confidence.SURE
        return Confidence.LIKELY

    def _hinted(self, field: str, evidence: Evidence) -> Confidence | None:
        if not evidence.claims:
            return None
        if _is_refuted(field, evidence) or not self._has_shape(field, evidence, hinted=True):
            return Confidence.DOUBT
        if evidence.luck <= 0.05 and evidence.agree >= 2:
            return Confidence.LIKELY
        agrees = evidence.agreement >= 0.5 or not evidence.compared
        is_distinct = field == "acronym" or self._is_distinct(field, 1)
        return Confidence.LIKELY if agrees and is_distinct else Confidence.DOUBT

    def _silent(self, field: str, evidence: Evidence) -> Confidence | None:
        if evidence.readable < 0.5 or _is_refuted(field, evidence):
            return None
        if evidence.luck <= 0.003 and evidence.agree >= 3 and evidence.agreement >= 0.6:
            return Confidence.LIKELY
        agrees = evidence.agreement >= 0.6 or not evidence.compared
        if agrees and self._is_distinct(field, 0.6 * len(self.printed)):
            return Confidence.LIKELY
        return Confidence.DOUBT if evidence.luck <= 0.05 and evidence.agree >= 2 else None

    # --- the cells alone

    def _has_shape(self, field: str, evidence: Evidence, *, hinted: bool = False) -> bool:
        """Whether the cells look like what the field has."""
        if field == "acronym":
            return self._share(_ACRONYM, whole=True) >= 0.6 if hinted else self._words() <= 6
        if field in ("brief_title", "official_title"):
            return self._words() >= 4
        if field == "maximum_age":  # many tables print only lower limits
            return evidence.claims > 0 or self.measurer.measure("minimum_age").readable >= 0.5
        if field in _DISTINCT and hinted:
            return True
        return evidence.readable >= 0.5

    def _is_distinct(self, field: str, least: float) -> bool:
        """Whether at least so many cells speak of the field in words that mean nothing else."""
        pattern = _DISTINCT.get(field)
        if pattern is None:
            return False
        return sum(bool(pattern.search(cell)) for cell in self.printed) >= least

    def _share(self, pattern: re.Pattern[str], *, whole: bool) -> float:
        hits = sum(bool(pattern.fullmatch(cell.strip())) for cell in self.printed)
        return hits / len(self.printed) if self.printed else 0.0

    def _words(self) -> float:
        """How many words the cell in the middle has."""
        counts = sorted(len(cell.split()) for cell in self.printed)
        return counts[len(counts) // 2] if counts else 0

    def _names_trials(self) -> bool:
        """Whether the cells are ids of trials."""
        with_ids = sum(bool(find_ids(cell).ids) for cell in self.printed)
        return with_ids > len(self.printed) / 2

    def _date_order(self) -> str | None:
        """How the column writes dates of three numbers: as its cells prove, else as agrees best."""
        proven = {order for cell in self.printed for order in proven_orders(cell)}
        if proven:
            return proven.pop() if len(proven) == 1 else None
        return None


def _is_refuted(field: str, evidence: Evidence) -> bool:
    """Whether so many cells can be compared, and none agrees, that something else is meant."""
    most = 12 if field == "overall_status" else 6
    return evidence.compared >= most and not evidence.agree


# --- one field among several


def _prefer_one_of_group(verdicts: dict[str, _Verdict], named: Sequence[str]) -> None:
    """Leaves one active field of each group that excludes the others.

    *named* are the fields that the header names, the first meant where nothing else decides.
    """
    in_order = [*named, *FIELDS]
    for group in _EXCLUSIVE:
        active = [
            name
            for name in group
            if name in verdicts and verdicts[name].confidence is not Confidence.DOUBT
        ]
        best = max(
            active,
            key=lambda name: (*_preference(verdicts[name]), -in_order.index(name)),
            default=None,
        )
        for name in active:
            if name != best:
                verdicts[name] = verdicts[name]._replace(confidence=Confidence.DOUBT)


def _preference(verdict: _Verdict) -> tuple[float, ...]:
    evidence = verdict.evidence
    return (verdict.strength, evidence.agree, -evidence.luck)


def _one_column_each(found: Iterable[_Found]) -> list[_Found]:
    """A field is said by one column: the others that may say it are in doubt."""
    kept: list[_Found] = []
    taken: set[str] = set()
    for item in sorted(found, key=lambda item: item.rank, reverse=True):
        if item.is_active and item.field in taken:
            item = replace(item, confidence=Confidence.DOUBT)
        elif item.is_active:
            taken.add(item.field)
        kept.append(item)
    return kept


# --- the answer


def _guesses(column: _Column, found: Iterable[_Found]) -> list[ColumnGuess]:
    """The guesses about one column, in the order of the fields, those in doubt last."""
    own = [item for item in found if item.column is column]
    own.sort(key=lambda item: (not item.is_active, FIELDS.index(item.field)))
    return [_guess(item) for item in own]


def _guess(item: _Found) -> ColumnGuess:
    evidence = item.evidence
    options = {"date_order": evidence.order} if item.field in DATES and evidence.order else {}
    return ColumnGuess(
        item.column.name,
        item.field,
        item.confidence,
        evidence.agree,
        evidence.compared,
        evidence.by_chance,
        _reason(item),
        options,
    )


def _reason(item: _Found) -> str:
    by_header = {
        Strength.NAME: f"the header names {label(item.field).lower()}",
        Strength.HINT: f"the header may mean {label(item.field).lower()}",
        Strength.SILENT: "the header says nothing of it",
    }[item.strength]
    evidence = item.evidence
    if not evidence.compared:
        return (
            f"{by_header}; {evidence.claims} of {plural(evidence.printed, 'cell')} can be read so"
        )
    return f"{by_header}; {evidence.agree} of {evidence.compared} cells agree with the record"


def _warnings(columns: Sequence[_Column], guesses: Sequence[ColumnGuess]) -> Iterator[str]:
    return iter(())
