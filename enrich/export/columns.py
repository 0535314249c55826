"""How wide the columns of a printed table are, and how a table too wide for a page is parted."""

from collections.abc import Sequence
from math import sqrt

# Words are broken only where they are longer than this; an NCT id has 11 characters.
_LONGEST_WORD = 18
_WIDEST = 6.0
_PADDING = 0.4
# The lines of a cell; a longer text goes on below the table.
_MOST_LINES = 24


def letter_width(size: float) -> float:
    """The width of a letter in centimetres, of a wide font; *size* in points."""
    return size * 0.0235


def comfortable(texts: Sequence[str], size: float) -> float:
    """The width in centimetres in which *texts* can be read, and no word of a usual length breaks.

    >>> comfortable(["NCT01234567"], 8) > 11 * letter_width(8)
    True
    """
    letter = letter_width(size)
    word = max((len(word) for text in texts for word in text.split()), default=1)
    longest = max(map(len, texts), default=1)
    by_word = min(word, _LONGEST_WORD) * letter
    by_text = min(sqrt(2.2 * longest) * letter, _WIDEST)
    return max(by_word, by_text, 4 * letter) + _PADDING


def stretched(widths: Sequence[float], room: float) -> list[float]:
    """*widths* so that they fill the *room*, each by the same factor."""
    factor = room / sum(widths)
    return [width * factor for width in widths]


def parts(
    widths: Sequence[float], room: float, keys: Sequence[int], together: Sequence[int]
) -> list[list[int]]:
    """The columns of each part of a table that is too wide, by their numbers.

    The columns *keys* are in every part, at its beginning. A column in *together* is never parted
    from the one before it.

    >>> parts([5, 5, 2, 5, 2], 12, keys=[4], together=[1])
    [[4, 0, 1], [4, 2, 3]]
    """
    groups: list[list[int]] = []
    for column in range(len(widths)):
        if column in keys:
            continue
        if column in together and groups and groups[-1][-1] == column - 1:
            groups[-1].append(column)
        else:
            groups.append([column])
    space = room - sum(widths[key] for key in keys)
    made: list[list[int]] = []
    left = 0.0
    for group in groups:
        needed = sum(widths[column] for column in group)
        if not made or needed > left:
            made.append([])
            left = space
        made[-1] += group
        left -= needed
    return [[*keys, *columns] for columns in made] or [list(keys)]


def longest_text(width: float, size: float) -> int:
    """How many characters a cell of this *width* in centimetres shows before it is cut."""
    return int(_MOST_LINES * max((width - _PADDING) / letter_width(size), 8))
