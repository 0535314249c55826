"""Two contents of one record → the lines of the ledger.

Lists are compared by what their entries are, not by where they stand in the list.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enrich.changes.equivalence import without_legal_form
from enrich.changes.significance import RecordContext, significance_of
from enrich.models import Change, Significance, Study
from enrich.record.children import LISTS
from enrich.record.countries import with_canonical_country
from enrich.record.identity import without_load_day
from enrich.record.names import field_name_for_path
from enrich.text import normalize_label

# Below this share of common letters, in percent, two entries of a list are two things rather than
# one that was reworded.
_SAME_ENTRY = 80

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class _Difference:
    """What differs at one path; *item* names the entry of a list, *part* its key."""

    path: str
    before: Any
    after: Any
    item: str | None = None
    part: str = ""

    @property
    def field(self) -> str:
        """The name of the field in the ledger."""
        name = field_name_for_path(self.path)
        return f"{name}.{self.part}" if self.part else name


def diff(before: Study, after: Study, *, before_is_complete: bool = True) -> list[Change]:
    """The facts that differ, in the order of the record.

    Of an incomplete *before* only what it holds is compared: what it lacks was unknown, not absent.

    >>> change = diff({"hasResults": False}, {"hasResults": True})[0]
    >>> change.field, change.before, change.after, change.kind.value
    ('has_results', 'false', 'true', 'material')
    """
    old, new = without_load_day(before), without_load_day(after)
    differences = _compare(old, new, "")
    if not before_is_complete:
        differences = (difference for difference in differences if _was_held(difference))
    context = RecordContext(old, new)
    changes = [_change(difference, context) for difference in differences]
    # The registry prints numbers both as such and as text.
    return [change for change in changes if change.before != change.after]


def mark_flapping_as_noise(changes: Sequence[Change], earlier: Iterable[Change]) -> list[Change]:
    """*changes*, with what only returns to an earlier value marked as noise.

    *earlier* is the last change of each fact. A material fact that returns (suspended, then
    recruiting again) is news both times, so only minor changes become noise.
    """
    reverse = {(change.field, change.item, change.after, change.before) for change in earlier}
    return [
        replace(change, kind=Significance.NOISE)
        if change.kind == Significance.MINOR
        and (change.field, change.item, change.before, change.after) in reverse
        else change
        for change in changes
    ]


# --- comparing two records, place by place


def _compare(old: Any, new: Any, path: str) -> Iterator[_Difference]:
    if _same(old, new):
        return
    if isinstance(old, Mapping | None) and isinstance(new, Mapping | None):
        yield from _compare_objects(old or {}, new or {}, path)
    elif _is_list_of_objects(old) and _is_list_of_objects(new):
        yield from _compare_entries(old or [], new or [], path)
    elif isinstance(old, list | None) and isinstance(new, list | None):
        yield from _compare_words(old, new, path)
    else:
        yield _Difference(path, old, new)


def _same(old: Any, new: Any) -> bool:
    """Whether two values are equal as JSON has it; for Python 1 equals True."""
    if old != new or isinstance(old, str):
        return bool(old == new)
    if isinstance(old, Mapping):
        return all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return all(map(_same, old, new))
    return isinstance(old, bool) is isinstance(new, bool)


def _compare_objects(old: Entry, new: Entry, path: str) -> Iterator[_Difference]:
    for key in dict.fromkeys((*old, *new)):
        yield from _compare(old.get(key), new.get(key), f"{path}.{key}" if path else key)


def _compare_words(
    old: list[Any] | None, new: list[Any] | None, path: str
) -> Iterator[_Difference]:
    """A list of words is a set: its order has no meaning."""
    if not _same_words(old or [], new or []):
        yield _Difference(path, old, new)


def _compare_entries(old: list[Any], new: list[Any], path: str) -> Iterator[_Difference]:
    entry_list = _LIST_AT.get(path)
    identity = entry_list.identity_keys if entry_list else ()
    first_suffices = bool(entry_list and entry_list.first_suffices)
    for before, after in align(old, new, identity, first_suffices=first_suffices):
        item = _name_of(after or before or {}, identity)
        if before is None or after is None:
            yield _Difference(path, before, after, item)
        else:
            yield from (
                _Difference(path, before.get(key), after.get(key), item, key)
                for key in dict.fromkeys((*before, *after))
                if not _same_part(before.get(key), after.get(key))
            )


_LIST_AT = {entry_list.path: entry_list for entry_list in LISTS.values()}


def _same_part(before: Any, after: Any) -> bool:
    if isinstance(before, list) and isinstance(after, list):
        return _same_words(before, after)
    return _same(before, after)


def _same_words(before: list[Any], after: list[Any]) -> bool:
    return sorted(map(_canonical, before)) == sorted(map(_canonical, after))


def _is_list_of_objects(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value)
    )


# --- aligning the entries of two lists


def align(
    old: Sequence[Entry], new: Sequence[Entry], identity: tuple[str, ...], *, first_suffices: bool
) -> list[tuple[Entry | None, Entry | None]]:
    """Pairs of the same entry before and after; None on one side for an entry that came or went.

    *identity* are the keys that tell which entry it is; *first_suffices*: the first of them alone
    does. Equal entries are paired first, then those of the same identity, then those whose words
    are nearly the same.
    """
    pairs: list[tuple[Entry | None, Entry | None]] = []
    left, right = list(old), list(new)
    keys = (_canonical, _by(identity), _by_organisation(identity))
    for key in (*keys, *([_by(identity[:1])] if first_suffices else [])):
        matched, left, right = _match(left, right, key)
        pairs += matched
    similar, left, right = _match_similar(left, right, identity)
    return [
        *pairs,
        *similar,
        *((entry, None) for entry in left),
        *((None, entry) for entry in right),
    ]


def _by(identity: tuple[str, ...]) -> Callable[[Entry], str]:
    # Under one name of its country, so that a renamed country does not split a site in two.
    return lambda entry: normalize_label(_name_of(with_canonical_country(entry), identity))


def _by_organisation(identity: tuple[str, ...]) -> Callable[[Entry], str]:
    """By the name of an organisation, whose legal form may change."""
    return lambda entry: without_legal_form(_name_of(entry, identity)) if identity else ""


def _match(
    left: list[Entry], right: list[Entry], key: Callable[[Entry], str]
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Pairs with an equal key that is not empty, and what is left on either side.

    Of several entries that share a key, the one that has most in common is taken.
    """
    unpaired: dict[str, list[Entry]] = {}
    for entry in right:
        unpaired.setdefault(key(entry), []).append(entry)
    pairs, alone = [], []
    for entry in left:
        same = unpaired.get(key(entry)) if key(entry) else None
        if same:
            twin = max(same, key=lambda other: _parts_in_common(entry, other))
            same.remove(twin)
            pairs.append((entry, twin))
        else:
            alone.append(entry)
    return pairs, alone, [entry for entries in unpaired.values() for entry in entries]


def _parts_in_common(entry: Entry, other: Entry) -> int:
    return sum(entry[key] == other.get(key) for key in entry)


def _match_similar(
    left: list[Entry], right: list[Entry], identity: tuple[str, ...]
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """The most similar pair first, until no two are similar enough."""
    if not left or not right:
        return [], left, right
    from rapidfuzz import fuzz  # few runs meet an entry that was reworded

    before = [normalize_label(_name_of(entry, identity)) for entry in left]
    after = [normalize_label(_name_of(entry, identity)) for entry in right]
    scored = (
        (fuzz.ratio(old, new, score_cutoff=_SAME_ENTRY), i, j)
        for i, old in enumerate(before)
        for j, new in enumerate(after)
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(
        (score for score in scored if score[0]), key=lambda score: (-score[0], score[1], score[2])
    ):
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    return (
        [(left[i], right[j]) for i, j in sorted(partner.items())],
        [entry for i, entry in enumerate(left) if i not in partner],
        [entry for j, entry in enumerate(right) if j not in taken],
    )


def _name_of(entry: Entry, identity: tuple[str, ...]) -> str:
    """An entry in words: its identity, or all of it where the list has none."""
    parts = [str(entry[key]) for key in identity if entry.get(key)]
    return ", ".join(parts) if identity else _canonical(entry)


# --- lines of the ledger


def _change(difference: _Difference, context: RecordContext) -> Change:
    field, before, after = difference.field, difference.before, difference.after
    significance = significance_of(field, before, after, context)
    return Change(field, _text(before), _text(after), significance, difference.item)


def _was_held(difference: _Difference) -> bool:
    """Whether an incomplete record held this fact.

    Its lists may have been cut short, so of a list of words only a missing word counts.
    """
    before, after = difference.before, difference.after
    if difference.item is not None or before is None:
        return False
    if isinstance(before, list):
        return isinstance(after, list) and not {*map(_canonical, before)} <= {
            *map(_canonical, after)
        }
    return True


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _canonical(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
