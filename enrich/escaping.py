"""Text made harmless for the program that will read it: Markdown viewers, spreadsheets, TOML."""

import json
import re

from enrich.text import sanitize

# Where a spreadsheet sees the beginning of a formula: at the start of a cell, and after a
# semicolon, which separates cells wherever commas are decimal, whatever the quotation marks say.
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠])")

_MARKDOWN_CHARACTER = re.compile(r"[\\`*_{}\[\]<>|~$!&]")
_MARKDOWN_LINE_START = re.compile(r"^(#|[-+=]|\d+(?=[.)]))")
# GitHub turns these into links and mentions. A zero-width space, spelled out, keeps them apart.
_MENTION = re.compile(r"[@#](?=\w)")
_URL_START = re.compile(r"\b(?:https?|ftp)(?=://)|\bwww(?=\.)", re.IGNORECASE)


def escape_formula(text: str) -> str:
    """*text* with an apostrophe before whatever a spreadsheet would take for a formula.

    >>> escape_formula("=1+1")
    "'=1+1"
    """
    return _FORMULA.sub(r"\1\2'", text)


def escape_markdown(text: str) -> str:
    """*text* on one line, so that Markdown shows it as it is.

    >>> print(escape_markdown("2*3 <b>"))
    2\\*3 \\<b\\>
    """
    plain = _MARKDOWN_CHARACTER.sub(r"\\\g<0>", sanitize(text))
    plain = _MARKDOWN_LINE_START.sub(
        lambda start: f"{start[0]}\\" if start[0].isdecimal() else f"\\{start[0]}", plain
    )
    return _URL_START.sub(r"\g<0>\\", _MENTION.sub(r"\g<0>&#8203;", plain))


# What TOML wants escaped and JSON does not; no file can hold half of a surrogate pair.
_CONTROL = re.compile(r"[\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def toml_string(text: str) -> str:
    r"""*text* as a basic string of TOML.

    >>> toml_string('N "total"'), toml_string("a\\b")
    ('"N \\"total\\""', '"a\\\\b"')
    """
    quoted = json.dumps(_SURROGATE.sub("\ufffd", text), ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", quoted)
