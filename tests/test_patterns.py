"""Every regular expression of the package reads a text in a time that grows as the text does.

The time of the processor for a text is compared with the time for one four times as long, within one run: an honest pattern takes four
times as long, one that tries every end from every start takes sixteen times.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import enrich
from enrich.compare.cells.reading import Cell
from enrich.compare.rules import RULES

# They read cells and names of a bounded length, which the last test of this file holds them to.
BOUNDED = ("enrich.compare.cells.", "enrich.compare.names.")
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub")
# What a text is made of that makes a pattern try again and again.
PIECES = (*"0a \n,.-(<[", "NCT0", "a ", "1 ", "a-", "00/", "; ", "a@", "1, ")
LENGTH = 1_000
# Below it, a clock shows nothing.
SECONDS = 0.002


def modules() -> list[Any]:
    found = []
    for info in pkgutil.walk_packages(enrich.__path__, "enrich."):
        if "plugins" not in info.name and not info.name.endswith("__main__"):
            try:
                found.append(importlib.import_module(info.name))
            except ImportError:
                continue  # a module of an extra that is not installed
    return found


def patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Each pattern by its place, with the methods by which its module uses it."""
    found = {}
    for module in modules():
        if not module.__name__.startswith(BOUNDED):
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            found |= {**_named_patterns(module, source), **_inline_patterns(module, source)}
    return found


def _named_patterns(module: Any, source: str) -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Those that are values of a module; by `search`, where another module uses them."""
    found = {}
    for name, value in vars(module).items():
        used = {*re.findall(rf"\b{re.escape(name)}\.({'|'.join(METHODS)})\b", source)}
        for number, pattern in enumerate(_patterns_in(value)):
            found[f"{module.__name__}.{name}[{number}]"] = (pattern, used or {"search"})
    return found


def _inline_patterns(module: Any, source: str) -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    return {
        f"{module.__name__}:{call.lineno}": (pattern, {call.func.attr})
        for call in ast.walk(ast.parse(source))
        if (pattern := _pattern_of(call)) is not None
    }


def _patterns_in(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """The patterns that a value of a module is, or holds: in tables of rules."""
    if isinstance(value, re.Pattern):
        yield value
    elif type(value).__name__ == "_LazyPattern":
        yield re.compile(value.pattern, value.flags)
    elif depth < 5:
        for each in _parts(value):
            yield from _patterns_in(each, depth + 1)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, list | tuple | set | frozenset):
        return [*value]
    if isinstance(value, dict):
        return [*value.values()]
    is_ours = type(value).__module__.startswith("enrich.")
    return [*vars(value).values()] if is_ours and hasattr(value, "__dict__") else []


def _pattern_of(call: ast.AST) -> re.Pattern[Any] | None:
    """The pattern of a call such as `re.sub("…", …)`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr=method), args=[ast.Constant(text), *_]
        ) if method in METHODS:
            return re.compile(text)
    return None


def seconds(pattern: re.Pattern[Any], method: str, text: str) -> float:
    subject = text.encode() if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    match method:
        case "sub":
            pattern.sub(subject[:0], subject)
        case "finditer":
            list(pattern.finditer(subject))
        case _:
            getattr(pattern, method)(subject)
    return time.process_time() - began


def texts(piece: str, length: int) -> Iterator[str]:
    """A text of *piece* alone, and such as end in what does not fit, so that all is tried."""
    text = (piece * (length // len(piece) + 1))[:length]
    yield from (text, f"a{text}\0")


def slow_texts(pattern: re.Pattern[Any], method: str) -> Iterator[str]:
    for piece in PIECES:
        pairs = zip(texts(piece, LENGTH), texts(piece, 4 * LENGTH), strict=True)
        for text, longer in pairs:
            if seconds(pattern, method, text) > SECONDS and _is_slow(pattern, method, text, longer):
                yield piece


def _is_slow(pattern: re.Pattern[Any], method: str, text: str, longer: str) -> bool:
    """Whether four times the text takes eight times as long, however often it is measured."""
    short, long = (
        min(seconds(pattern, method, subject) for _ in range(4)) for subject in (text, longer)
    )
    return long > 8 * short


FOUND = patterns()


@pytest.mark.parametrize("place", FOUND)
def test_a_pattern_takes_a_time_that_grows_as_the_text_does(place: str) -> None:
    pattern, used = FOUND[place]
    slow = {(method, piece) for method in used for piece in slow_texts(pattern, method)}
    assert not slow, pattern.pattern


def test_the_walk_finds_the_patterns_of_every_package() -> None:
    """Otherwise the test above would pass whatever the patterns are."""
    assert len(FOUND) > 80
    packages = {re.split(r"[.:]", place)[1] for place in FOUND}
    assert packages >= {"changes", "compare", "dates", "record", "registry", "tables", "bulk"}
    slow = re.compile(r"\d+\d{0,9}x")
    assert "0" in slow_texts(slow, "search") and not {*slow_texts(slow, "match")}


@pytest.mark.parametrize("field", RULES)
def test_a_cell_that_is_longer_than_any_statement_is_read_in_no_time(field: str) -> None:
    """60,000 digits took 20 seconds."""
    for piece in ("1", "1,", "1 ", "NCT0", "a ", "(", "1-", "years ", "é", "\n", "1/2/2020 "):
        cell = Cell((piece * 65_536)[:65_536], (field,))
        began = time.process_time()
        RULES[field].read(cell)
        assert time.process_time() - began < 1, piece
