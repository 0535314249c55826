"""What the labels of a cell claim about a coded field: design, status, sex, results.

A label counts only where every word of its segment is understood. What stands in other segments may
be unknown, as long as it does not look as if it spoke of the same field.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from enrich.compare import vocabulary
from enrich.compare.cells.phases import PHASE_APART
from enrich.compare.cells.reading import Cell, Reading, code_claim, unreadable
from enrich.compare.cells.scan import (
    BLINDING,
    VOCABULARIES,
    Item,
    Kind,
    Level,
    Segment,
    phrase_words,
    scan,
)
from enrich.compare.vocabulary import Codes, Vocabulary, codes_of
from enrich.record.fields import STOPPED_STATUSES
from enrich.text import lazy_pattern

_DESIGN = frozenset(("phases", "allocation", "intervention_model", "masking"))


def parse_labels(cell: Cell, field: str) -> Reading:
    """What *cell* claims about the coded field *field*."""
    whole = _whole_cell(cell, field)
    if whole:
        return code_claim(whole)
    segments = scan(cell.plain, phases_in_front="phases" in cell.says)
    found = _Labels(field, cell, segments)
    return found.reading()


def is_understood(cell: Cell) -> bool:
    """Whether each word of a cell is known, so that what it does not name it does not say."""
    return not cell.is_prose and not any(
        item.kind in (Kind.UNKNOWN, Kind.HEDGE, Kind.NEGATOR)
        for segment in scan(cell.plain, phases_in_front="phases" in cell.says)
        for item in segment.items
    )


# --- a whole cell


def _whole_cell(cell: Cell, field: str) -> Codes | None:
    """The codes of a label that is all that a cell prints, but for dates.

    Where the column says several fields, only one of them may know the label. A label with an
    answer behind it says more than the label: `R: no`.
    """
    items = [item for segment in scan(cell.plain) for item in segment.items]
    if any(item.answer is False for item in items):
        return None
    words = tuple(word for item in items if item.value not in ("date", "id") for word in item.words)
    known = [name for name in cell.says if words in _whole_labels(name)]
    return _whole_labels(field)[words] if known == [field] else None


@cache
def _whole_labels(field: str) -> Mapping[tuple[str, ...], Codes]:
    known = VOCABULARIES.get(field, Vocabulary())
    return {
        phrase_words(label): codes_of(written)
        for labels in (known.cell, known.segment)
        for label, written in labels.items()
    }


# --- the labels among the items


@dataclass(frozen=True)
class _Found:
    """A label of the field: where it stands, what it means, and what is said of it."""

    place: int
    codes: Codes
    words: tuple[str, ...]
    is_denied: bool = False
    by_answer: bool = False
    is_elsewhere: bool = False  # another trial, another time, or what a trial is about


class _Labels:
    """The labels of one field in the segments of a cell."""

    def __init__(self, field: str, cell: Cell, segments: tuple[Segment, ...]) -> None:
        self.field = field
        self.cell = cell
        self.segments = segments
        self.hint = _hint(field)
        self.names_design = any(
            _DESIGN & item.meanings.keys() - {field}
            for segment in segments
            for item in segment.items
        )
        self.found = [label for place in range(len(segments)) for label in self._in(place)]

    def reading(self) -> Reading:
        """What the labels claim together, or why that cannot be said."""
        affirmed = [label for label in self.found if not label.is_denied and not label.is_elsewhere]
        denied = [label for label in self.found if label.is_denied and not label.is_elsewhere]
        if self.field == "masking" and not _names_blinding(affirmed):
            return self._masked(affirmed, denied)
        if affirmed:
            return self._affirmed(affirmed)
        if denied:
            return self._denied(denied)
        return self._doubt() if self.found or self._hinted(range(len(self.segments))) else None

    # --- what is found in a segment

    def _in(self, place: int) -> Iterator[_Found]:
        is_related = is_negated = is_topic = False
        head = False
        for item in self.segments[place].items:
            is_topic = (
                is_topic or self._begins_topic(item, place, head=head) or self._is_people(item)
            )
            is_related = is_related or self._relates(item)
            meaning = self._meaning(item, place)
            if meaning:
                yield _Found(
                    place,
                    meaning,
                    item.words,
                    is_negated or item.answer is False,
                    item.answer is False,
                    self._was(is_related, meaning) or is_topic or self._is_aside(item, place),
                )
            is_negated = item.kind is Kind.NEGATOR or (
                is_negated and not self._ends_negation(item, place)
            )
            head = bool(item.words) and item.words[-1] in vocabulary.HEADS

    def _ends_negation(self, item: Item, place: int) -> bool:
        """Whether a negation reaches no further:
        it governs the next label, a prefix the next word.
        """
        items = self.segments[place].items
        at = next(at for at, other in enumerate(items) if other is item)
        return item.kind is Kind.LABEL or items[at - 1].words[-1] in vocabulary.PREFIXES

    def _begins_topic(self, item: Item, place: int, *, head: bool) -> bool:
        """Whether a preposition begins what a trial is about:
        behind its name, or in front of all.
        """
        is_first = item is self.segments[place].items[0] and self.field in _DESIGN
        return item.kind is Kind.PREPOSITION and (head or is_first)

    def _is_people(self, item: Item) -> bool:
        """Whether a status behind it is that of people: "patients withdrawn"."""
        return self.field == "overall_status" and item.role == "PARTICIPANT"

    def _relates(self, item: Item) -> bool:
        """Whether what follows is about something else."""
        return item.kind is Kind.RELATION

    def _was(self, is_related: bool, codes: Codes) -> bool:
        """Whether a label is about something else; the end of a trial may be told in the past."""
        is_end = self.field == "overall_status" and set(codes.agree) <= _ENDS
        return is_related and not is_end

    def _is_aside(self, item: Item, place: int) -> bool:
        """Whether brackets speak of a phase that has its own status:
        `Phase 3 (phase 2 completed)`.
        """
        segment = self.segments[place]
        fields = {name for other in segment.items for name in other.meanings}
        planned = any(other.words == ("planned",) for other in segment.items)
        aside = "phases" in fields and ("overall_status" in fields or planned)
        earlier = any(
            "phases" in other.meanings for before in self.segments[:place] for other in before.items
        )
        return segment.in_brackets and aside and earlier

    def _meaning(self, item: Item, place: int) -> Codes | None:
        """The codes of an item for this field, where it means what it says in its place."""
        codes, level = item.meanings.get(self.field, (None, None))
        if codes is None or level is Level.ANYWHERE:
            return codes
        if level is Level.WEAK:
            return None if self.names_design else codes
        claimed_by = [name for name in self.cell.says if name in item.meanings]
        alone = all(
            other is item or other.kind in _BESIDE_LABELS or other.value == "date"
            for other in self.segments[place].items
        )
        return codes if claimed_by == [self.field] and alone else None

    # --- what they claim together

    def _affirmed(self, labels: list[_Found]) -> Reading:
        if self._counts_a_sex():
            return self._counted(labels)
        places = sorted({label.place for label in labels})
        if not self._understood(places, labels) or self._names_others_in_brackets(labels):
            return self._doubt()
        if self.field == "phases" and PHASE_APART.search(self.cell.plain):
            return self._doubt()
        codes = _JOINS.get(self.field, _common)([label.codes for label in labels])
        return (
            code_claim(codes, as_list=self.field == "phases" and codes.agree != ("NA",))
            if codes
            else unreadable(self.cell, "gives two different values")
        )

    def _names_others_in_brackets(self, labels: list[_Found]) -> bool:
        """Whether brackets name a phase that stands nowhere before them:
        `Phase 2 (phase 3 ready)`.
        """
        if self.field != "phases":
            return False
        inside = {label for label in labels if self.segments[label.place].in_brackets}
        outside = {code for label in labels if label not in inside for code in label.codes.agree}
        return bool(outside) and any(not set(label.codes.agree) <= outside for label in inside)

    def _denied(self, labels: list[_Found]) -> Reading:
        """A label with "no" behind it means the opposite, where a table gives one."""
        means = _denials(self.field)
        codes = [means.get(label.words) for label in labels if label.by_answer]
        known = [code for code in codes if code]
        places = sorted({label.place for label in labels})
        if len(known) < len(labels) or not self._understood(places, labels):
            return unreadable(self.cell, "says that something is not so")
        common = _common(known)
        return code_claim(common) if common else unreadable(self.cell, "gives two different values")

    def _understood(self, places: list[int], labels: list[_Found]) -> bool:
        """Whether nothing around the labels is unknown or takes them back."""
        if any(not self._is_clear(place, labels) for place in places):
            return False
        others = [place for place in range(len(self.segments)) if place not in places]
        followers = [place for place in others if place - 1 in places]
        if any(self._takes_back(place) for place in followers):
            return False
        return (
            not self._hinted(others)
            and not self._is_measured()
            and not any(
                label.is_elsewhere and not self._is_explained(label) for label in self.found
            )
        )

    def _is_explained(self, label: _Found) -> bool:
        """Whether a label about something else is known to be just that,
        and no topic of the trial.
        """
        items = self.segments[label.place].items
        return any(self._relates(item) for item in items) or self.segments[label.place].in_brackets

    def _is_clear(self, place: int, labels: list[_Found]) -> bool:
        """Whether each word of a segment that is read is understood."""
        head = is_topic = False
        for item in self._up_to_reason(place, labels):
            is_topic = is_topic or (head and item.kind is Kind.PREPOSITION and self._may_have_topic)
            if not is_topic and not self._is_plain(item, place):
                return False
            if is_topic and self.hint.search(item.text) and not item.meanings:
                return False
            head = bool(item.words) and item.words[-1] in vocabulary.HEADS
        return True

    @property
    def _may_have_topic(self) -> bool:
        return self.field in (*_DESIGN, "study_type")

    def _up_to_reason(self, place: int, labels: list[_Found]) -> tuple[Item, ...]:
        """The items of a segment, up to the reason why a trial was stopped."""
        items = self.segments[place].items
        codes = {code for label in labels if label.place == place for code in label.codes.agree}
        if not codes or not codes <= STOPPED_STATUSES or self.field != "overall_status":
            return items
        for at, item in enumerate(items):
            if item.text in _REASON:
                return items[:at]
        return items

    def _is_plain(self, item: Item, place: int) -> bool:
        if item.kind is Kind.NUMBER:
            return self.segments[place].in_brackets and len(self.segments[place].items) == 1
        kind = item.kind if self._is_label_here(item) else item.otherwise
        if kind is Kind.NEGATOR:
            return self._governs(item, place)
        if item.kind is Kind.LABEL and self.field in item.meanings:
            return bool(self._meaning(item, place))
        if item.kind is Kind.VALUE:
            return self._fits(item)
        return kind not in (Kind.UNKNOWN, Kind.HEDGE)

    def _counts_a_sex(self) -> bool:
        """Whether a cell about sex is nothing but one number of women, of men, or of both."""
        others = [
            (place, item)
            for place, item in self._items()
            if self.field not in item.meanings and item.kind not in (Kind.NOISE, Kind.PREPOSITION)
        ]
        if self.field != "sex" or len(others) != 1:
            return False
        ((place, item),) = others
        is_number = item.kind is Kind.NUMBER or item.value == "count"
        return is_number and not self.segments[place].in_brackets

    def _counted(self, labels: list[_Found]) -> Reading:
        """ "30 women": nobody else took part, though others might have."""
        codes = _both_sexes([label.codes for label in labels])
        if codes is None or len(labels) < len(self.found):
            return self._doubt()
        return code_claim(Codes(codes.agree, () if codes.agree == ("ALL",) else ("ALL",)))

    def _is_measured(self) -> bool:
        """Whether a cell about sex counts women and men,
        which says nothing of who may take part.
        """
        return self.field == "sex" and any(
            item.kind is Kind.NUMBER or item.value == "ratio" or not self._fits(item)
            for _, item in self._items()
        )

    def _fits(self, value: Item) -> bool:
        """Whether a value beside a label leaves it as it is:
        not "3 patients completed", "65 % female".
        """
        if self.field == "overall_status":
            return value.value != "count"
        return self.field != "sex" or value.value != "percent" or value.text.startswith("100")

    def _is_label_here(self, item: Item) -> bool:
        """Whether an item is what its kind says:
        a label of a segment needs a column that says it.
        """
        return item.kind is not Kind.LABEL or any(
            level is not Level.SEGMENT or name in self.cell.says
            for name, (_, level) in item.meanings.items()
        )

    def _governs(self, negator: Item, place: int) -> bool:
        """Whether a negation belongs to a label behind it,
        so that it says nothing of the others.
        """
        items = self.segments[place].items
        at = next(at for at, item in enumerate(items) if item is negator)
        return any(item.kind in (Kind.LABEL, Kind.NOISE) for item in items[at + 1 :])

    def _takes_back(self, place: int) -> bool:
        """Whether a segment without a label of the field begins with a hedge or a bare negation."""
        first = self.segments[place].items[0]
        if any(self.field in item.meanings for item in self.segments[place].items):
            return False
        return first.kind is Kind.HEDGE or (
            first.kind is Kind.NEGATOR and len(self.segments[place].items) == 1
        )

    def _hinted(self, places: "range | list[int]") -> bool:
        """Whether words that nobody knows look as if they spoke of the field."""
        return any(self._is_hint(place) for place in places)

    def _is_hint(self, place: int) -> bool:
        segment = self.segments[place]
        if self._is_reason(place):
            return False
        strange = [item for item in segment.items if not self._is_plain(item, place)]
        text = " ".join(
            item.text
            for item in segment.items
            if not self._is_other_label(item) and not self._meaning(item, place)
        )
        return bool(strange) and bool(self.hint.search(text))

    def _is_other_label(self, item: Item) -> bool:
        return item.kind is Kind.LABEL and self.field not in item.meanings

    def _is_reason(self, place: int) -> bool:
        """Whether a segment gives the reason for the status before it:
        `Terminated (slow accrual)`.
        """
        before = [label for label in self.found if label.place < place]
        return (
            self.field == "overall_status"
            and bool(before)
            and set(before[-1].codes.agree) <= STOPPED_STATUSES
            and not _STATUS_AGAIN.search(" ".join(item.text for item in self.segments[place].items))
        )

    def _doubt(self) -> Reading:
        return unreadable(
            self.cell,
            "cannot be read as a whole about "
            f"{_SUBJECT.get(self.field, self.field.replace('_', ' '))}",
        )

    # --- masked roles

    def _masked(self, affirmed: list[_Found], denied: list[_Found]) -> Reading:
        """A list of the masked roles counts them;
        beside "open label" it says who is masked after all.
        """
        places = self._role_places()
        roles = {item.role for place in places for item in self.segments[place].items if item.role}
        if not roles:
            return self._without_roles(affirmed, denied)
        clear = all(self._is_list_of_roles(place) for place in places) and not denied
        others = [
            place
            for place, segment in enumerate(self.segments)
            if place not in places and not all(map(_is_blinding, segment.items))
        ]
        named = [label.place for label in affirmed if label.place not in places]
        if (
            not clear
            or self._hinted(others)
            or not all(self._is_clear(place, affirmed) for place in named)
        ):
            return self._doubt()
        return code_claim(_by_roles(len(roles), beside_open=bool(affirmed)))

    def _without_roles(self, affirmed: list[_Found], denied: list[_Found]) -> Reading:
        bare = any(
            _is_blinding(item) and item.kind is not Kind.LABEL and not self._is_header(place)
            for place, item in self._items()
        )
        if bare:
            answers = [item.answer for _, item in self._items() if _is_blinding(item)]
            if answers == [False] and not affirmed:
                return code_claim(Codes(("NONE",)))
            return self._doubt()
        if affirmed:
            return self._affirmed(affirmed)
        if denied:
            return self._denied(denied)
        return self._doubt() if self.found or self._hinted(range(len(self.segments))) else None

    def _items(self) -> Iterator[tuple[int, Item]]:
        for place, segment in enumerate(self.segments):
            for item in segment.items:
                yield place, item

    def _is_header(self, place: int) -> bool:
        """Whether a segment is nothing but the name of the field, as a download prints it."""
        items = self.segments[place].items
        return (
            len(items) == 1
            and items[0].words in (("masking",), ("blinding",))
            and items[0].answer is None
        )

    def _role_places(self) -> list[int]:
        """The segments whose roles are masked:
        those with "blinded", and lists of roles beside them.
        """
        with_roles = [
            place
            for place, segment in enumerate(self.segments)
            if any(item.role for item in segment.items)
        ]
        if self.cell.says == ("masking",):
            return with_roles
        blinded = [place for place in with_roles if self._names_blinding(place)]
        lists = [place for place in with_roles if self._is_list_of_roles(place)]
        return sorted({*blinded, *self._reached(blinded, lists)})

    def _reached(self, blinded: list[int], lists: list[int]) -> Iterator[int]:
        """The lists that stand beside "blinded", or beside another such list."""
        starts = [
            *blinded,
            *(place for place, _ in enumerate(self.segments) if self._names_blinding(place)),
        ]
        for start in starts:
            for step in (1, -1):
                place = start + step
                while place in lists:
                    yield place
                    place += step

    def _names_blinding(self, place: int) -> bool:
        return any(
            _is_blinding(item) and item.kind is not Kind.LABEL
            for item in self.segments[place].items
        )

    def _is_list_of_roles(self, place: int) -> bool:
        allowed = (Kind.NOISE, Kind.ROLE, Kind.PREPOSITION, Kind.VALUE)
        return all(
            item.kind in allowed
            or item.role
            or _is_blinding(item)
            or self._is_other_label(item)
            or self.field in item.meanings
            for item in self.segments[place].items
        )


_BESIDE_LABELS = (Kind.LABEL, Kind.NOISE, Kind.PREPOSITION)
_ENDS = frozenset(("COMPLETED", "TERMINATED", "WITHDRAWN", "SUSPENDED"))
_REASON = frozenset(
    ("due", "because", "owing", "for", "by", "as", "on", "pending", "after", "following", "reason")
)
_STATUS_AGAIN = lazy_pattern(r"complet|suspen|active|going|progress|restart|resum|\byet\b|open")
_SUBJECT = {
    "overall_status": "the status",
    "has_results": "results",
    "lead_sponsor_class": "the kind of sponsor",
}


def _is_blinding(item: Item) -> bool:
    return bool(BLINDING & set(item.words))


def _names_blinding(labels: list[_Found]) -> bool:
    """Whether a label says more than that a trial is open: roles beside it only repeat it."""
    return any(label.codes.agree != ("NONE",) for label in labels)


def _by_roles(number: int, *, beside_open: bool) -> Codes:
    code = vocabulary.MASKING_BY_ROLES[number]
    return Codes((code,), ("NONE",) if beside_open else ())


@cache
def _hint(field: str) -> re.Pattern[str]:
    return lazy_pattern(VOCABULARIES[field].hint or r"(?!)")


@cache
def _denials(field: str) -> Mapping[tuple[str, ...], Codes]:
    return {
        phrase_words(label): codes_of(written)
        for label, written in VOCABULARIES[field].denied.items()
    }


# --- several labels of one field


def _common(labels: list[Codes]) -> Codes | None:
    """What all labels have in common: two that exclude each other cannot be read.

    A code that one label leaves open is agreed on where another label names it.
    """
    possible = [
        code
        for code in dict.fromkeys(
            code for label in labels for code in (*label.agree, *label.unsure)
        )
        if all(code in (*label.agree, *label.unsure) for label in labels)
    ]
    agree = tuple(code for code in possible if any(code in label.agree for label in labels))
    unsure = tuple(code for code in possible if code not in agree)
    return Codes(agree, unsure) if possible else None


def _open_or_blind(labels: list[Codes]) -> Codes | None:
    """ "Open label" beside a label that says who is blinded after all only repeats it."""
    partly = [label for label in labels if "NONE" in label.unsure]
    others = [label for label in labels if label.agree != ("NONE",)]
    return _common(others if partly else labels)


def _all_phases(labels: list[Codes]) -> Codes | None:
    """Phases add up: `Phase 1|Phase 2`."""
    phases = tuple(sorted({code for label in labels for code in label.agree}))
    return Codes(phases) if phases in vocabulary.POSSIBLE_PHASES else None


def _both_sexes(labels: list[Codes]) -> Codes | None:
    """Women and men are all."""
    sexes = {code for label in labels for code in label.agree}
    if {"FEMALE", "MALE"} <= sexes:
        return Codes(("ALL",))
    return Codes(tuple(sexes)) if len(sexes) == 1 else None


_JOINS: Mapping[str, Callable[[list[Codes]], Codes | None]] = {
    "phases": _all_phases,
    "masking": _open_or_blind,
    "sex": _both_sexes,
}
