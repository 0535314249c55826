"""Guesses which fields the columns of a table say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from enrich.compare.cells.counts import PLACES
from enrich.compare.rules import RULES
from enrich.dates import ORDERS
from enrich.inference.decision import AGES, Case, confidence_of, is_proven
from enrich.inference.evidence import Evidence, Measurer, sample_rows
from enrich.inference.guesses import ColumnGuess, Confidence, Inference
from enrich.inference.shape import CellShape
from enrich.models import Trial
from enrich.record.names import label
from enrich.tables.headers import Strength, read_header
from enrich.text import plural

# Fields that qualify another field: no column shows them by itself.
_NOT_GUESSED = frozenset(("enrollment_type", "last_known_status"))
FIELDS = tuple(name for name in RULES if name not in _NOT_GUESSED)
DATES = tuple(name for name in FIELDS if name.endswith(("_date", "_posted", "_submitted")))
_NAMES = ("brief_title", "official_title", "acronym", "conditions", "lead_sponsor")
# A column says at most one field of each group: what can be read as one of them can often be read
# as another, too.
_EXCLUSIVE: Sequence[tuple[str, ...]] = (
    DATES,
    (*_NAMES, "lead_sponsor_class"),
    ("has_results", "overall_status"),
)


def infer_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    nct_ids: Sequence[str | None],
    records: Mapping[str, Trial],
) -> Inference:
    """What the columns of a table say about its trials.

    *rows* have a cell for each column of *header*. *nct_ids* are the ids of the rows, None where a
    row names no trial or several. *records* are the facts of the trials by these ids, as far as
    they are at hand: without any, the headers and the cells alone decide, and no guess is better
    than LIKELY. The order of the rows and of the columns makes no difference.
    """
    sample = sample_rows(rows, nct_ids, records)
    trials = [row.trial for row in sample]
    columns = [
        _Column(name, [row.cells[place] for row in sample], trials)
        for place, name in enumerate(header)
    ]
    found = _one_column_each(found for column in columns for found in column.found())
    found = [_read_together(item, found) for item in found]
    guesses = [guess for column in columns for guess in _guesses(column, found)]
    return Inference(tuple(guesses), tuple(_warnings(found)))


# --- a column


@dataclass(frozen=True)
class _Found:
    """That a column may say a field; *doubt* is why it is not taken to, if that is known."""

    column: "_Column"
    field: str
    confidence: Confidence
    strength: Strength
    evidence: Evidence
    doubt: str = ""

    @property
    def is_active(self) -> bool:
        return self.confidence is not Confidence.DOUBT

    @property
    def rank(self) -> tuple[object, ...]:
        """Among columns, the better, the greater; where nothing else decides, the name does.

        Of two dates the finer counts, of two numbers of participants the one that was enrolled.
        """
        evidence = self.evidence
        fineness = self.column.shape.length if self.field in DATES else 0
        is_actual = self.field == "enrollment" and "actual" in self.column.name.lower()
        shown = (-evidence.p_value, is_actual, fineness, evidence.agree, evidence.readable)
        return (self.is_active, self.strength, *shown, self.column.name)

    @property
    def preference(self) -> tuple[object, ...]:
        """The better, the greater."""
        return (self.is_active, self.strength, self.evidence.agree, -self.evidence.p_value)


class _Column:
    """A column with what its header and its cells say."""

    def __init__(self, name: str, cells: Sequence[str], trials: Sequence[Trial | None]) -> None:
        self.name = name
        self.header = read_header(name)
        self.shape = CellShape(cells)
        self.measurer = Measurer(cells, trials)

    def found(self) -> list[_Found]:
        """Each field that the column may say."""
        if self.shape.holds_ids or self.shape.is_prose:
            return []
        return _one_of_each_group([*self._found()], [*self.header.fields])

    def _found(self) -> Iterator[_Found]:
        evidence = self._evidence()
        for field, shown in evidence.items():
            strength = self.header.strength(field)
            confidence = confidence_of(
                Case(field, strength, shown, self.shape, _prints_ages(field, evidence))
            )
            if confidence:
                yield _Found(self, field, confidence, strength, shown)

    def _evidence(self) -> dict[str, Evidence]:
        """The evidence for each field that the header does not rule out."""
        fields = [field for field in FIELDS if field not in self.header.vetoes]
        if len(self.shape.possible_orders) == 1:
            [order] = self.shape.possible_orders
        else:
            order = self._date_order([field for field in fields if field in DATES])
        found = {field: self.measurer.measure(field, order) for field in fields}
        if "enrollment" in found:
            found["enrollment"] = self._at_best_place(found["enrollment"])
        if order is None and len(self.shape.possible_orders) > 1:
            found |= {field: self._in_either_order(field) for field in fields if field in DATES}
        return found

    def _at_best_place(self, whole: Evidence) -> Evidence:
        """The number of participants at the place in the cells that agrees with the records.

        One place for all cells, and only where the cells as a whole cannot be read, chance does not
        explain the agreement, and no other place agrees half as often.
        """
        if whole.readable >= 0.5 or not self.shape.holds_several_numbers:
            return whole
        shown = [
            self.measurer.measure_as("enrollment", ("enrollment",), None, place) for place in PLACES
        ]
        best = max(shown, key=lambda evidence: evidence.agree)
        rivals = [
            evidence.agree
            for evidence in shown
            if replace(evidence, participants=best.participants) != best
        ]
        is_best = is_proven(best) and best.agreement >= 0.6
        is_alone = best.agree >= 3 and best.agree > 2 * max(rivals, default=0)
        return best if is_best and is_alone else whole

    def _in_either_order(self, field: str) -> Evidence:
        """What can be read of dates whose day and month nobody can tell apart."""
        either = self.measurer.measure(field, ORDERS[0])
        return replace(either, agree=0, compared=0, by_chance=None, order=None)

    def _date_order(self, fields: Sequence[str]) -> str | None:
        """How the column writes dates of three numbers.

        As its cells prove, else as they agree with the records: at least two, and more than twice
        as many as in the other order.
        """
        agree = {
            order: max((self.measurer.measure(field, order).agree for field in fields), default=0)
            for order in filter(None, self.shape.possible_orders)
        }
        best, other = sorted(agree, key=lambda order: (agree[order], order), reverse=True)
        return best if agree[best] >= 2 and agree[best] > 2 * agree[other] else None


def _prints_ages(field: str, evidence: Mapping[str, Evidence]) -> bool:
    """Whether the cells print the other limit of age than *field*."""
    others = [name for name in AGES if name != field and name in evidence]
    return field in AGES and any(evidence[name].readable >= 0.5 for name in others)


# --- one field among several


def _one_of_each_group(found: list[_Found], named: Sequence[str]) -> list[_Found]:
    """*found* with one active field of each group whose fields exclude each other.

    *named* are the fields that the header names, the first meant where nothing else decides.
    """
    in_order = [*named, *FIELDS]
    found.sort(key=lambda item: in_order.index(item.field))
    for group in _EXCLUSIVE:
        found = _one_of_group(found, group)
    return _without_labels_in_names(found)


def _one_of_group(found: list[_Found], group: Sequence[str]) -> list[_Found]:
    """*found* with one active field of *group*, the others in doubt.

    What the header might have meant as well, and no cell bears out, needs no line.
    """
    rivals = [item for item in found if item.field in group]
    best = _best([item for item in rivals if not _stands_in(item, rivals)])
    if best is None:
        return [_doubted(item, "") if item in rivals else item for item in found]
    reason = f"{label(best.field).lower()} fits better"
    return [
        item if item is best or item not in rivals else _doubted(item, reason)
        for item in found
        if item is best or item not in rivals or item.evidence.agree
    ]


def _stands_in(item: _Found, group: Iterable[_Found]) -> bool:
    """Whether nothing speaks for *item* but that the cells belie what the header names first."""
    return not item.evidence.compared and any(
        other.strength is Strength.NAME and not other.is_active and other.evidence.compared >= 3
        for other in group
    )


def _without_labels_in_names(found: list[_Found]) -> list[_Found]:
    """*found* without what a title or another name mentions: "A randomized trial of …"."""
    if not any(
        item.is_active and item.field in _NAMES and item.strength is Strength.NAME for item in found
    ):
        return found
    return [
        _doubted(item, "the cells are names, and names mention other fields, too")
        if item.strength is Strength.SILENT and item.is_active
        else item
        for item in found
    ]


def _best(group: Sequence[_Found]) -> _Found | None:
    """The field that the header names, unless no cell bears it out and cells prove another."""
    rivals = [item for item in group if item.is_active]
    best = max(rivals, key=lambda item: item.preference, default=None)
    if best and best.evidence.compared >= 3 and not best.evidence.agree:
        proven = [item for item in rivals if is_proven(item.evidence) and item.evidence.agree >= 3]
        return max(proven, key=lambda item: item.evidence.agree, default=best)
    return best


def _one_column_each(found: Iterable[_Found]) -> list[_Found]:
    """*found* with each field said by one column: the others that may say it are in doubt."""
    kept: list[_Found] = []
    taken: dict[str, str] = {}
    for item in sorted(found, key=lambda item: item.rank, reverse=True):
        is_free = item.field not in taken
        kept.append(item if is_free else _doubted(item, f"{taken[item.field]!r} fits better"))
        if item.is_active:
            taken.setdefault(item.field, item.column.name)
    return kept


def _doubted(item: _Found, why: str) -> _Found:
    return replace(item, confidence=Confidence.DOUBT, doubt=item.doubt or why)


def _read_together(item: _Found, found: Iterable[_Found]) -> _Found:
    """*item* with the evidence of its cells when they are read about all fields of the column."""
    if not item.is_active:
        return item
    says = sorted(
        (other.field for other in found if other.column is item.column and other.is_active),
        key=FIELDS.index,
    )
    shown = item.evidence
    if tuple(says) == shown.says:
        return item
    evidence = item.column.measurer.measure_as(
        item.field, tuple(says), shown.order, shown.participants
    )
    if shown.claims and not evidence.claims:
        return _doubted(item, "it cannot be read together with the other fields of the column")
    return replace(item, evidence=evidence)


# --- the answer


def _guesses(column: _Column, found: Iterable[_Found]) -> list[ColumnGuess]:
    """The guesses about one column, in the order of the fields, those in doubt last."""
    own = [item for item in found if item.column is column]
    own.sort(key=lambda item: (not item.is_active, FIELDS.index(item.field)))
    return [_guess(item) for item in own]


def _guess(item: _Found) -> ColumnGuess:
    evidence = item.evidence
    return ColumnGuess(
        item.column.name,
        item.field,
        item.confidence,
        evidence.agree,
        evidence.compared,
        evidence.by_chance,
        _reason(item),
        _options(item),
    )


def _options(item: _Found) -> dict[str, str]:
    """Further keys that the column needs in a description."""
    evidence = item.evidence
    options = {
        "date_order": evidence.order if item.field in DATES else None,
        "participants": evidence.participants,
    }
    return {key: value for key, value in options.items() if value}


def _reason(item: _Found) -> str:
    what = label(item.field).lower()
    by_header = {
        Strength.NAME: f"the header names {what}",
        Strength.HINT: f"the header may mean {what}",
        Strength.SILENT: f"the header does not name {what}",
    }[item.strength]
    evidence = item.evidence
    # How many agree with the records is the evidence of the guess, where any could be compared.
    readable = f"{evidence.claims} of {plural(evidence.printed, 'cell')} can be read so"
    cells = "" if evidence.compared else readable
    return "; ".join(filter(None, (by_header, cells, item.doubt)))


def _warnings(found: Iterable[_Found]) -> Iterator[str]:
    """What a person should know about the guesses, sorted by column."""
    warnings = {warning for item in found if item.is_active for warning in _warnings_of(item)}
    yield from sorted(warnings)


def _warnings_of(item: _Found) -> Iterator[str]:
    name, evidence = item.column.name, item.evidence
    if item.field in DATES and not evidence.order and len(item.column.shape.possible_orders) > 1:
        yield (
            f"column {name!r}: day and month cannot be told apart;"
            ' set date_order = "dmy" or "mdy" for it'
        )
    named = [*item.column.header.fields][:1]
    if item.strength is Strength.SILENT and item.field in DATES and named:
        yield (
            f"column {name!r}: the header names {label(named[0]).lower()}, but"
            f" {evidence.agree} of {evidence.compared} cells agree with {label(item.field).lower()}"
        )
