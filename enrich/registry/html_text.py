"""The texts of a record as people read them: the history endpoint returns HTML, and blanks mean
nothing.
"""

import html
import re
from collections.abc import Callable
from typing import Any


def as_plain_text(node: Any) -> Any:
    """*node* (parsed JSON) with the HTML of the history endpoint undone in every text.

    Tags go, entities are resolved, runs of blanks become one. Needed because the registry's site
    returns titles and names escaped, which the documented interface does not.

    >>> as_plain_text({"briefTitle": "<p>Crohn&#x27;s  disease</p>"})
    {'briefTitle': "Crohn's disease"}
    """
    return each_text(node, _unescaped)


def _unescaped(text: str) -> str:
    if "<" in text or "&" in text:
        text = html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", " ", text))
    return single_blanks(text)


def single_blanks(text: str) -> str:
    """*text* with every run of blanks and line breaks as one blank, none at its ends."""
    return " ".join(text.split())


def each_text(node: Any, change: Callable[[str], str]) -> Any:
    """*node* (parsed JSON) with every text in it changed; keys stay."""
    if isinstance(node, str):
        return change(node)
    if isinstance(node, list):
        return [each_text(item, change) for item in node]
    if isinstance(node, dict):
        return {key: each_text(value, change) for key, value in node.items()}
    return node
