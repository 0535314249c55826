"""Cost as the registry grows: the bulk download taken in whole, at several sizes, beside the floor; as lines of Markdown and a picture."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import ENRICH, PEERS
from tests.bench.measure import Taken, medians, take
from tests.bench.standing import make_records


@dataclass(frozen=True)
class Grown:
    """What it took to take in *number* studies, and again; sizes of the databases in MB."""

    number: int
    first: Taken
    again: Taken
    floor: Taken
    database: float
    floor_database: float


def grow(numbers: Sequence[int], times: int, folder: Path) -> Iterator[Grown]:
    """Measures each size in turn: taken in, named again (which is known and not read), and the floor. The largest runs once."""
    for number in numbers:
        archive = folder / f"{number}.zip"
        make_records(number, archive)
        runs = [_once(archive, folder) for _ in range(times if number < 100_000 else 1)]
        yield Grown(number, *(medians(run[at] for run in runs) for at in range(3)), _megabytes(folder / "bulk.db"), _megabytes(folder / "floor.db"))
        archive.unlink()


def _once(archive: Path, folder: Path) -> tuple[Taken, Taken, Taken]:
    for name in ("bulk.db", "floor.db"):
        (folder / name).unlink(missing_ok=True)
    command = [*ENRICH, "sync", "-q", "--from", str(archive), "--whole", "--db", "bulk.db"]
    floor = take([sys.executable, str(PEERS / "bulk_floor.py"), str(archive), "floor.db"], folder, family=True)
    return take(command, folder, family=True), take(command, folder, family=True), floor


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 2**20


def table(grown: Sequence[Grown]) -> str:
    """One line a size."""
    head = (
        "| studies in the zip | studies a second | s | × floor | CPU s | × floor | MB, all processes | database MB | × floor | again s |\n" + "|--:" * 10 + "|"
    )
    return "\n".join([head, *map(_line, grown)])


def _line(one: Grown) -> str:
    first, floor = one.first, one.floor
    return (
        f"| {one.number:,} | {one.number / first.seconds:,.0f} | {first.seconds:.1f} | {first.seconds / floor.seconds:.2f} | {first.cpu:.1f} |"
        f" {first.cpu / floor.cpu:.2f} | {first.memory:.0f} | {one.database:.0f} | {one.database / one.floor_database:.2f} | {one.again.seconds:.1f} |"
    )


# --- the picture

_WIDE, _HIGH, _LEFT, _TOP = 240, 170, 66, 34
_PANELS = (
    ("seconds", lambda one: (one.first.seconds, one.floor.seconds)),
    ("memory, MB", lambda one: (one.first.memory, one.floor.memory)),
    ("database, MB", lambda one: (one.database, one.floor_database)),
)


def picture(grown: Sequence[Grown]) -> str:
    """Three panels with logarithmic axes, as SVG: enrich (solid) and the floor (dashed)."""
    panels = "\n".join(_panel(at, title, [(one.number, *read(one)) for one in grown]) for at, (title, read) in enumerate(_PANELS))
    width, height = 3 * (_WIDE + _LEFT) + 40, _HIGH + _TOP + 62
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#333" role="img" '
        'aria-label="Time, memory and database size of enrich and of the floor, against the number of studies">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{panels}\n'
        f'<text x="{_LEFT}" y="{height - 8}"><tspan fill="#1660a8">━━ enrich</tspan>   <tspan fill="#888" dx="14">╌╌ floor: unpack, parse once, write raw rows</tspan></text>\n</svg>\n'
    )


def _panel(at: int, title: str, points: Sequence[tuple[float, float, float]]) -> str:
    left = _LEFT + at * (_WIDE + _LEFT)
    low, high = _decades([value for _, *values in points for value in values])
    first, last = _decades([number for number, *_ in points])
    xs = [left + _WIDE * (_log(number) - first) / (last - first) for number, *_ in points]
    lines = [f'<text x="{left}" y="{_TOP - 12}" font-weight="bold">{title}</text>']
    for decade in range(low, high + 1):
        y = _y(10.0**decade, low, high)
        lines.append(f'<line x1="{left}" x2="{left + _WIDE}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10**decade:,}</text>'
            if decade >= 0
            else f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**decade:g}</text>'
        )
    lines += [f'<text x="{x:.0f}" y="{_TOP + _HIGH + 18}" text-anchor="middle">{number:,.0f}</text>' for x, (number, *_) in zip(xs, points, strict=True)]
    for which, look in ((2, 'stroke="#888" stroke-dasharray="5 4"'), (1, 'stroke="#1660a8"')):
        path = " ".join(f"{x:.1f},{_y(point[which], low, high):.1f}" for x, point in zip(xs, points, strict=True))
        lines.append(f'<polyline points="{path}" fill="none" stroke-width="2" {look}/>')
    return "\n".join(lines)


def _y(value: float, low: int, high: int) -> float:
    return _TOP + _HIGH * (1 - (_log(value) - low) / (high - low))


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that enclose *values*."""
    low, high = math.floor(_log(min(values))), math.ceil(_log(max(values)))
    return low, max(high, low + 1)


def _log(value: float) -> float:
    return math.log10(max(value, 1e-3))
