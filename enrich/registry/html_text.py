"""The texts of a record as people read them: the history endpoint prints HTML, and blanks mean nothing."""

import html
import re
from collections.abc import Callable
from typing import Any


def as_plain_text(node: Any) -> Any:
    """*node* with the HTML of the history endpoint undone in every text: tags out, entities read, blanks single.

    Needed because the site prints titles and names escaped (`&#x27;`), which the documented interface does not.
    """
    return each_text(node, _unescaped)


def _unescaped(text: str) -> str:
    if "<" in text or "&" in text:
        text = html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", " ", text))
    return single_blanks(text)


def single_blanks(text: str) -> str:
    return " ".join(text.split())


def each_text(node: Any, change: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return change(node)
    if isinstance(node, list):
        return [each_text(item, change) for item in node]
    if isinstance(node, dict):
        return {key: each_text(item, change) for key, item in node.items()}
    return node
