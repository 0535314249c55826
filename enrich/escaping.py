"""Text made harmless for the program that will read it: Markdown viewers and spreadsheets."""

import re

from enrich.text import sanitize

# Where a spreadsheet would see the beginning of a formula: at the start of a cell, and after a semicolon, which
# separates cells wherever commas are decimal, whatever the quotation marks say.
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠])")


def unformulated(text: str) -> str:
    """*text* with an apostrophe before whatever a spreadsheet would take for the beginning of a formula."""
    return _FORMULA.sub(r"\1\2'", text)


_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~$!&]")


_BEGINNING = re.compile(r"^(#|[-+=]|\d+(?=[.)]))")


# GitHub makes links and mails of these; a blank of no width, spelled out, or a stroke keeps them apart.
_REFERENCE = re.compile(r"[@#](?=\w)")


_ADDRESS = re.compile(r"\b(?:https?|ftp)(?=://)|\bwww(?=\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """*text* on one line, so that Markdown shows it as it is."""
    plain = _SPECIAL.sub(r"\\\g<0>", sanitize(text))
    plain = _BEGINNING.sub(
        lambda start: f"{start[0]}\\" if start[0].isdecimal() else f"\\{start[0]}", plain
    )
    return _ADDRESS.sub(r"\g<0>\\", _REFERENCE.sub(r"\g<0>&#8203;", plain))
