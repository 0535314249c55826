"""Two contents of one record → the lines of the ledger, from what the lists say and not from where their members stand."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enrich.changes.significance import is_renaming, one_name, significance_of
from enrich.models import Change, Significance, Study
from enrich.record.fields import LISTS, entries, field_name_for_path, without_load_date
from enrich.text import normalize_label

# Below this share of common letters two members of a list are two things, not one reworded.
_SAME_MEMBER = 80


@dataclass(frozen=True)
class _Difference:
    """What differs at one path; *item* names the member of a list."""

    path: str
    before: Any
    after: Any
    item: str | None = None
    part: str = ""


def diff(before: Study, after: Study, *, before_is_complete: bool = True) -> list[Change]:
    """The facts that differ, in the order of the record.

    Of an incomplete *before* only what it holds is compared: what it lacks was unknown, not absent.
    """
    old, new = without_load_date(before), without_load_date(after)
    found = _walk(old, new, "")
    if not before_is_complete:
        found = (one for one in found if _was_held(one))
    countries = {str(site.get("country")) for site in entries(old, "locations")}
    lines: list[Change] = []
    for one in found:
        lines.append(_line(one, countries))
        # Only the first site in a country is news of that country.
        countries |= {str(one.after.get("country"))} if isinstance(one.after, Mapping) else set()
    # The registry prints numbers both as such and as text.
    return [line for line in lines if line.before != line.after]


def mark_flapping_as_noise(changes: Sequence[Change], earlier: Iterable[Change]) -> list[Change]:
    """*changes* with what only flaps back to an earlier value marked as noise.

    A fact of weight that returns (suspended, then recruiting again) is news both times, so only minor ones settle.
    """
    reverse = {(one.field, one.item, one.after, one.before) for one in earlier}
    return [
        replace(one, kind=Significance.NOISE)
        if one.kind == Significance.MINOR
        and (one.field, one.item, one.before, one.after) in reverse
        else one
        for one in changes
    ]


# --- walking two records


def _walk(old: Any, new: Any, path: str) -> Iterator[_Difference]:
    if _same(old, new):
        return
    if isinstance(old, Mapping | None) and isinstance(new, Mapping | None):
        yield from _walk_object(old or {}, new or {}, path)
    elif _is_list_of_objects(old) and _is_list_of_objects(new):
        yield from _walk_members(old or [], new or [], path)
    elif isinstance(old, list | None) and isinstance(new, list | None):
        yield from _walk_words(old, new, path)
    else:
        yield _Difference(path, old, new)


def _same(old: Any, new: Any) -> bool:
    """Whether two values are equal as JSON has it; for Python 1 is also True."""
    if old != new or isinstance(old, str):
        return bool(old == new)
    if isinstance(old, Mapping):
        return all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return all(map(_same, old, new))
    return isinstance(old, bool) is isinstance(new, bool)


def _walk_object(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str
) -> Iterator[_Difference]:
    for key in dict.fromkeys((*old, *new)):
        yield from _walk(old.get(key), new.get(key), f"{path}.{key}" if path else key)


def _walk_words(old: list[Any] | None, new: list[Any] | None, path: str) -> Iterator[_Difference]:
    """A list of words is a set: its order says nothing."""
    if sorted(map(_canonical, old or [])) != sorted(map(_canonical, new or [])):
        yield _Difference(path, old, new)


def _walk_members(old: list[Any], new: list[Any], path: str) -> Iterator[_Difference]:
    kept = _MEMBERS.get(path)
    identity = kept.identity if kept else ()
    for before, after in align(old, new, identity, first_suffices=bool(kept and kept.named)):
        item = _named(after or before or {}, identity)
        if before is None or after is None:
            yield _Difference(path, before, after, item)
        else:
            yield from (
                _Difference(path, before.get(key), after.get(key), item, key)
                for key in dict.fromkeys((*before, *after))
                if not _same_part(before.get(key), after.get(key))
            )


_MEMBERS = {kept.path: kept for kept in LISTS.values()}


def _same_part(before: Any, after: Any) -> bool:
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(_canonical, before)) == sorted(map(_canonical, after))
    return _same(before, after)


def _is_list_of_objects(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
    )


# --- aligning the members of two lists

Member = Mapping[str, Any]


def align(
    old: Sequence[Member], new: Sequence[Member], identity: tuple[str, ...], *, first_suffices: bool
) -> list[tuple[Member | None, Member | None]]:
    """Pairs of the same member before and after; None on one side for a member that came or went.

    Equal members first, then those of the same identity, then those whose words are nearly the same.
    """
    pairs: list[tuple[Member | None, Member | None]] = []
    left, right = list(old), list(new)
    for key in (_canonical, _by(identity), *([_by(identity[:1])] if first_suffices else [])):
        matched, left, right = _match(left, right, key)
        pairs += matched
    similar, left, right = _match_similar(left, right, identity)
    return [
        *pairs,
        *similar,
        *((member, None) for member in left),
        *((None, member) for member in right),
    ]


def _by(identity: tuple[str, ...]) -> Callable[[Member], str]:
    return lambda member: normalize_label(_named(_with_one_country(member), identity))


def _with_one_country(member: Member) -> Member:
    """A site under one of the names that its country has, so that a renaming parts nobody from itself."""
    country = member.get("country")
    return {**member, "country": one_name(country)} if isinstance(country, str) else member


def _match(
    left: list[Member], right: list[Member], key: Callable[[Member], str]
) -> tuple[list[tuple[Member, Member]], list[Member], list[Member]]:
    """Pairs with an equal, telling key; of several members that share a key the one that has most in common."""
    waiting: dict[str, list[Member]] = {}
    for member in right:
        waiting.setdefault(key(member), []).append(member)
    pairs, alone = [], []
    for member in left:
        same = waiting.get(key(member)) if key(member) else None
        if same:
            twin = (
                max(same, key=lambda other: _in_common(member, other)) if len(same) > 1 else same[0]
            )
            same.remove(twin)
            pairs.append((member, twin))
        else:
            alone.append(member)
    return pairs, alone, [member for entries in waiting.values() for member in entries]


def _in_common(one: Member, other: Member) -> int:
    return sum(one[part] == other.get(part) for part in one)


def _match_similar(
    left: list[Member], right: list[Member], identity: tuple[str, ...]
) -> tuple[list[tuple[Member, Member]], list[Member], list[Member]]:
    """The likest pair first, until no two are alike enough."""
    if not left or not right:
        return [], left, right
    from rapidfuzz import fuzz  # few runs meet a member that was reworded

    before = [normalize_label(_named(member, identity)) for member in left]
    after = [normalize_label(_named(member, identity)) for member in right]
    scored = (
        (fuzz.ratio(one, other, score_cutoff=_SAME_MEMBER), i, j)
        for i, one in enumerate(before)
        for j, other in enumerate(after)
    )
    taken: dict[int, int] = {}
    for _, i, j in sorted(
        (score for score in scored if score[0]), key=lambda score: (-score[0], score[1], score[2])
    ):
        if i not in taken and j not in taken.values():
            taken[i] = j
    pairs = [(left[i], right[j]) for i, j in sorted(taken.items())]
    return (
        pairs,
        [member for i, member in enumerate(left) if i not in taken],
        [member for j, member in enumerate(right) if j not in taken.values()],
    )


def _named(member: Member, identity: tuple[str, ...]) -> str:
    """A member in words: its telling parts, or all of it where the list has no such parts."""
    parts = [str(member[key]) for key in identity if member.get(key)]
    return ", ".join(parts) if identity else _canonical(member)


# --- lines of the ledger


def _line(one: _Difference, countries: set[str]) -> Change:
    field = field_name_for_path(one.path) + (f".{one.part}" if one.part else "")
    kind = (
        Significance.NOISE
        if is_renaming(field, one.before, one.after)
        else significance_of(field, one.before, one.after, known_countries=countries)
    )
    return Change(field, _text(one.before), _text(one.after), kind, one.item)


def _was_held(one: _Difference) -> bool:
    """Whether an incomplete copy held this fact; its lists may have been cut short, so only a missing word counts."""
    if one.item is not None or one.before is None:
        return False
    if isinstance(one.before, list):
        return isinstance(one.after, list) and not {*map(_canonical, one.before)} <= {
            *map(_canonical, one.after)
        }
    return True


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _canonical(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
