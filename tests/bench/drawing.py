"""The cost as it grows, drawn: time, memory and size of the database against the number of studies,
as SVG for a light or a dark page.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.bulk import BulkMeasurement
from tests.bench.contenders import AGAIN, FETCHED, FIRST, KNOWN, PYTRIALS, TYPICAL
from tests.bench.measure import Measurement, medians

_WIDE, _HIGH, _LEFT, _TOP, _GAP = 220, 160, 64, 44, 76

_PANELS: tuple[tuple[str, Callable[[BulkMeasurement], tuple[float, float]]], ...] = (
    ("seconds", lambda bulk: (bulk.first.seconds, bulk.floor.seconds)),
    ("memory of all processes, MB", lambda bulk: (bulk.first.memory, bulk.floor.memory)),
    ("database, MB", lambda bulk: (bulk.database, bulk.floor_database)),
)

# The picture brings its own ground: it does not know on what page it stands.
_STYLE = """
text{fill:#333}.ground{fill:#fff}.grid{stroke:#e3e3e3}
.ours{stroke:#1660a8}.dot{fill:#1660a8}.floor{stroke:#8a8a8a}.floordot{fill:#8a8a8a}.soft{fill:#666}
.ours2{stroke:#3f9a5b}.ours2dot{fill:#3f9a5b}.ours3{stroke:#8258a8}.ours3dot{fill:#8258a8}
.other{stroke:#c2571a}.otherdot{fill:#c2571a}.other2{stroke:#b03060}.other2dot{fill:#b03060}
@media (prefers-color-scheme:dark){
text{fill:#d8dee4}.ground{fill:#0d1117}.grid{stroke:#2b323b}
.ours{stroke:#6cb0f5}.dot{fill:#6cb0f5}.floor{stroke:#949ca6}.floordot{fill:#949ca6}.soft{fill:#a0a8b2}
}
"""


@dataclass(frozen=True)
class _Scale:
    """A logarithmic axis over whole decades, from pixel *begin* to pixel *end*."""

    low: int
    high: int
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (self.end - self.begin) * (_log(value) - self.low) / (
            self.high - self.low
        )


def picture(sizes: Sequence[BulkMeasurement]) -> str:
    """Three panels with logarithmic axes: enrich (solid) and the floor (dashed), the last figure of
    each in words.
    """
    panels = "\n".join(
        _panel(_LEFT + at * (_WIDE + _GAP), title, [(bulk.number, *read(bulk)) for bulk in sizes])
        for at, (title, read) in enumerate(_PANELS)
    )
    width, height = _LEFT + 3 * _WIDE + 2 * _GAP + 54, _TOP + _HIGH + 76
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
        'role="img" aria-label="Time, memory and size of the database of enrich and of the floor, against the number of studies">\n'
        f'<style>{_STYLE}</style>\n<rect class="ground" width="{width}" height="{height}" rx="6"/>\n{panels}\n{_legend(height - 16)}\n</svg>\n'
    )


def _legend(y: float) -> str:
    return (
        f'<line class="ours" x1="{_LEFT}" x2="{_LEFT + 26}" y1="{y - 4}" y2="{y - 4}" stroke-width="2"/><text x="{_LEFT + 32}" y="{y}">enrich</text>\n'
        f'<line class="floor" x1="{_LEFT + 96}" x2="{_LEFT + 122}" y1="{y - 4}" y2="{y - 4}" stroke-width="2" stroke-dasharray="5 4"/>'
        f'<text x="{_LEFT + 128}" y="{y}">floor: unpack, parse once, write the raw rows</text>'
    )


def _panel(left: float, title: str, points: Sequence[tuple[float, float, float]]) -> str:
    across = _Scale(*_decades([number for number, *_ in points]), left, left + _WIDE)
    up = _Scale(*_decades([value for _, *values in points for value in values]), _TOP + _HIGH, _TOP)
    return "\n".join(
        [
            f'<text x="{left}" y="{_TOP - 18}" font-weight="bold">{title}</text>',
            *(_rung(up, decade, left) for decade in range(up.low, up.high + 1)),
            *(
                f'<text class="soft" x="{across.at(number):.0f}" y="{_TOP + _HIGH + 18}" text-anchor="middle">{number:,.0f}</text>'
                for number, *_ in points
            ),
            f'<text class="soft" x="{left + _WIDE / 2}" y="{_TOP + _HIGH + 34}" text-anchor="middle">studies</text>',
            _line("floor", [(across.at(number), up.at(floor)) for number, _, floor in points]),
            _line("ours", [(across.at(number), up.at(ours)) for number, ours, _ in points]),
            *_last(across.at(points[-1][0]), up, points[-1][1], points[-1][2]),
        ]
    )


def _rung(up: _Scale, decade: int, left: float, wide: float = _WIDE) -> str:
    y = up.at(10.0**decade)
    return (
        f'<line class="grid" x1="{left}" x2="{left + wide}" y1="{y:.0f}" y2="{y:.0f}"/>'
        f'<text class="soft" x="{left - 7}" y="{y + 4:.0f}" text-anchor="end">{_number(10.0**decade)}</text>'
    )


def _line(which: str, points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if which == "floor" else ""
    dots = "".join(
        f'<circle class="{_dot(which)}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points
    )
    return f'<polyline class="{which}" points="{path}" fill="none" stroke-width="2"{dashes}/>{dots}'


def _dot(which: str) -> str:
    """The class that fills what belongs to a line."""
    return "dot" if which == "ours" else f"{which}dot"


def _last(x: float, up: _Scale, ours: float, floor: float) -> list[str]:
    """The figures at the end of both lines, apart by a line of text where they would meet."""
    ys = sorted([(up.at(ours), ours, True), (up.at(floor), floor, False)])
    (above, _, _), (below, _, _) = ys
    lack = max(0.0, 15 - (below - above))
    shifted = zip((above - lack / 2, below + lack / 2), ys, strict=True)
    weights = {True: "bold", False: "normal"}
    return [
        f'<text x="{x + 8:.0f}" y="{y + 4:.0f}" font-weight="{weights[is_ours]}">{_number(value)}</text>'
        for y, (_, value, is_ours) in shifted
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that enclose *values*."""
    low, high = math.floor(_log(min(values))), math.ceil(_log(max(values)))
    return low, max(high, low + 1)


def _log(value: float) -> float:
    return math.log10(max(value, 1e-3))


# --- what a user waits for

# Each contender that is drawn, with the name at its line, and its class in the style.
_LINES = {
    FIRST: ("enrich, first load", "ours"),
    AGAIN: ("enrich, nothing changed", "ours2"),
    KNOWN: ("enrich, not reloaded", "ours3"),
    PYTRIALS: ("pytrials, fetch only", "other"),
    TYPICAL: ("one GET for each trial", "other2"),
    FETCHED: ("floor, without a pace", "floor"),
}
_TALL, _BROAD, _MARGIN = 300, 460, 190


def waiting_picture(tables: Mapping[int, Mapping[str, Sequence[Measurement]]]) -> str:
    """Seconds against the number of trials, a line for each program, with logarithmic axes."""
    lines = {
        name: [
            (size, medians(of_size[name]).seconds)
            for size, of_size in sorted(tables.items())
            if of_size.get(name)
        ]
        for name in _LINES
    }
    drawn = {name: points for name, points in lines.items() if points}
    every = [point for points in drawn.values() for point in points]
    across = _Scale(*_decades([number for number, _ in every]), _LEFT, _LEFT + _BROAD)
    up = _Scale(*_decades([seconds for _, seconds in every]), _TOP + _TALL, _TOP)
    ends = _apart({name: up.at(points[-1][1]) for name, points in drawn.items()})
    width, height = _LEFT + _BROAD + _MARGIN, _TOP + _TALL + 48
    parts = [
        f'<text x="{_LEFT}" y="{_TOP - 18}" font-weight="bold">seconds</text>',
        *(_rung(up, decade, _LEFT, _BROAD) for decade in range(up.low, up.high + 1)),
        *(
            f'<text class="soft" x="{across.at(size):.0f}" y="{_TOP + _TALL + 18}"'
            f' text-anchor="middle">{size:,}</text>'
            for size in sorted(tables)
        ),
        f'<text class="soft" x="{_LEFT + _BROAD / 2}" y="{_TOP + _TALL + 36}"'
        ' text-anchor="middle">trials</text>',
        *(_waiting_line(name, points, across, up, ends) for name, points in drawn.items()),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="sans-serif" font-size="12" role="img"'
        ' aria-label="Seconds that each program takes, against the number of trials">\n'
        f'<style>{_STYLE}</style>\n<rect class="ground" width="{width}" height="{height}" rx="6"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _waiting_line(
    name: str,
    points: Sequence[tuple[float, float]],
    across: _Scale,
    up: _Scale,
    ends: Mapping[str, float],
) -> str:
    """A line with its name behind its last point, or at the right edge where lines end there."""
    label, kind = _LINES[name]
    x = across.at(points[-1][0])
    return (
        _line(kind, [(across.at(size), up.at(seconds)) for size, seconds in points])
        + f'<text class="{_dot(kind)}" x="{x + 8:.0f}" y="{ends[name] + 4:.0f}">{label}: {_number(points[-1][1])}</text>'
    )


def _apart(ys: Mapping[str, float], gap: float = 15) -> dict[str, float]:
    """The same heights, moved so that no two are nearer than a line of text."""
    moved: dict[str, float] = {}
    lowest = -math.inf
    for name in sorted(ys, key=ys.__getitem__):
        lowest = moved[name] = max(ys[name], lowest + gap)
    return moved
