"""Records as no registry should ever send them: one or a few places of a record changed, at random but for a given seed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

Study = dict[str, Any]
Path = tuple[str | int, ...]

# Deeper than the registry's own records (12), up to what the parser refuses (1024).
DEPTHS = (20, 100, 250, 300, 700, 1000)

# fmt: off
TEXTS = (
    "", " ", "\0", "a\0b", "\x1b[2J\x1b]0;title\x07", "\u202eleft", "\ufeff", "\ufffe", "\U0010ffff", "e\u0301" * 50, "Ⅳ", "２０２１-０３-０９", "٣", "İ", "ß",
    "=1+1", "<script>alert(1)</script>", "'; drop table trials; --", "{{ 7 * 7 }}", "%s%n", "../../etc/passwd", "NaN", "null", "true", "0", "-1", "1e400", "9" * 5000,
    "2021-13", "2021-02-30", "0000-01-01", "9999-12-31", "2021-W01-1", "20210309", "2021-03-09T00:00", "2021-03-09 and so on", "2021-3", "99999999 Years", "18 years", "-3 Years",
    "1 " * 2_000, "1-" * 2_000, "a" * 100_000, "9" * 100_000, "\n" * 500, "(" * 2_000, "PHASE2", "RECRUITING", "NCT00000001",
)
NUMBERS = (0, -0.0, -1, 1, 3.7, 1e308, 5e-324, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30, 99_999_999)
# fmt: on


@dataclass(frozen=True)
class Mutant:
    """A record with something changed, as the parser reads it from JSON; *places* are the paths that were changed."""

    study: Any
    places: tuple[Path, ...]
    what: tuple[str, ...]


def mutants(originals: list[Study], number: int, seed: int) -> Iterator[tuple[Study, Mutant]]:
    """*number* mutants that the parser accepts, each with the record it was made from."""
    chance = Random(seed)
    made = 0
    while made < number:
        original = originals[made % len(originals)]
        mutant = _mutant(original, chance)
        if mutant:
            made += 1
            yield original, mutant


def _mutant(original: Study, chance: Random) -> Mutant | None:
    study = copy.deepcopy(original)
    known = places(original)
    told = [_mutate(study, chance.choice(known), chance) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
    try:
        read = orjson.loads(json.dumps(study))
    except (ValueError, RecursionError):  # the parser refuses it: no record ever comes of it
        return None
    return Mutant(read, tuple(place for place, _ in told), tuple(what for _, what in told))


def _mutate(study: Study, place: Path, chance: Random) -> tuple[Path, str]:
    """Changes what stands at *place*, if an earlier change has left such a place."""
    name, change = chance.choice(CHANGES)
    try:
        parent = reached(study, place[:-1])
        _ = parent[place[-1]]
    except (KeyError, IndexError, TypeError):
        return place, "gone already"
    if isinstance(parent, str):  # a list that an earlier change has turned into text: its letters are no places
        return place, "gone already"
    if name == "lost":
        del parent[place[-1]]
    else:
        parent[place[-1]] = change(parent[place[-1]], chance)
    return place, name


def places(node: Any, at: Path = ()) -> list[Path]:
    """Every place in a record, its inner nodes included; of a long list only the first members, so that none drowns the rest."""
    inner = node.items() if isinstance(node, dict) else enumerate(node[:3]) if isinstance(node, list) else ()
    return [place for key, value in inner for place in ((*at, key), *places(value, (*at, key)))]


def reached(node: Any, place: Path) -> Any:
    for step in place:
        node = node[step]
    return node


def _other_type(value: Any, chance: Random) -> Any:
    others = ("text", 7, 7.5, True, ["a", "b"], [], {}, {"a": "b"}, [1, None, {"a": [None]}], [["PHASE2"]], None)
    return chance.choice([other for other in others if type(other) is not type(value)])


def _nested(value: Any, chance: Random) -> Any:
    wrap = chance.choice((lambda inner: [inner], lambda inner: {"a": inner}))
    for _ in range(chance.choice(DEPTHS)):
        value = wrap(value)
    return value


def _emptied(value: Any, chance: Random) -> Any:
    return type(value)() if isinstance(value, str | list | dict) else None


def _long(value: Any, chance: Random) -> Any:
    if isinstance(value, list):
        return (value or ["x"]) * chance.choice((2, 50))
    return value * chance.choice((2, 1000)) if isinstance(value, str) else [value] * 300


def _turned(value: Any, chance: Random) -> Any:
    """As a careless programme would print it: a list of one as its member, a number as text."""
    if isinstance(value, list):
        return value[0] if value else None
    return str(value) if isinstance(value, int | float | bool) else [value]


CHANGES = (
    ("lost", None),
    ("other type", _other_type),
    ("other type", _other_type),
    ("turned", _turned),
    ("emptied", _emptied),
    ("null", lambda value, chance: None),
    ("text", lambda value, chance: chance.choice(TEXTS)),
    ("number", lambda value, chance: chance.choice(NUMBERS)),
    ("number in text", lambda value, chance: str(chance.choice(NUMBERS))),
    ("long", _long),
    ("nested", _nested),
    ("holes", lambda value, chance: [None, value, None] if not isinstance(value, list) else [None, *value, None]),
)
