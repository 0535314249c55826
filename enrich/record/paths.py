"""A path of a record, such as `protocolSection.designModule.phases`, and the value at its end."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from enrich.errors import UnexpectedShape


def get_path(node: Any, path: str) -> Any:
    """The value at the end of *path* in *node*; an empty path leads to *node* itself.

    A step that ends in `[]` goes into each entry of a list, and gives a list of values. A missing
    key is an ordinary None. Raises UnexpectedShape, which names the path so far, where something
    else stands than the object or the list that the path goes through.

    >>> get_path({"locations": [{"city": "Lyon"}, {}]}, "locations[].city")
    ['Lyon', None]
    >>> get_path({"locations": "Lyon"}, "locations[].city")
    Traceback (most recent call last):
    enrich.errors.UnexpectedShape: locations is str, not list
    """
    keys, inside = _parse(path)
    for key in keys:
        if node is None:
            return None
        # `dict` comes first because asking whether something is a Mapping takes ten times as long.
        if not isinstance(node, (dict, Mapping)):
            raise _unexpected(node, "Mapping", keys[: keys.index(key)])
        node = node.get(key)
    if inside is None or node is None:
        return node
    if not isinstance(node, list):
        raise _unexpected(node, "list", keys)
    return [get_path(entry, inside) for entry in node]


def find_path(node: Any, path: str) -> Any:
    """As `get_path`, but None where something else stands on the way.

    >>> find_path({"locations": "Lyon"}, "locations[].city") is None
    True
    """
    try:
        return get_path(node, path)
    except UnexpectedShape:
        return None


@cache  # there are as many paths as the tables of this package have
def _parse(path: str) -> tuple[tuple[str, ...], str | None]:
    """The keys up to a list, and the path inside each of its entries; None without a list."""
    outside, is_list, inside = path.partition("[]")
    return split_path(outside), inside.removeprefix(".") if is_list else None


def split_path(path: str) -> tuple[str, ...]:
    """The keys of a *path* that goes into no list; none for an empty path."""
    return tuple(path.split(".")) if path else ()


def _unexpected(node: Any, expected: str, keys: tuple[str, ...]) -> UnexpectedShape:
    place = ".".join(keys) or "the record"
    return UnexpectedShape(f"{place} is {type(node).__name__}, not {expected}")
