"""What a report has to tell, worked out once for every format: things that happened, each with a sentence and a name that lasts."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from enrich.changes.news_rules import new_differences, news_lines
from enrich.changes.significance import severity
from enrich.compare.display import claimed, registered
from enrich.models import Comparison, LedgerLine, Report, ReportRow, ReportTable, Significance
from enrich.record.fields import label, main_field
from enrich.reports.sentences import changes as in_sentence
from enrich.text import inert, listing

# The first part of every name below. Never to be changed: feed readers would show everything once more.
_AUTHORITY = "tag:example.org,2026:enrich"


@dataclass(frozen=True)
class Told:
    """Something that happened to a trial: the changes it sums up, and a sentence whose subject is the trial."""

    id: str
    nct_id: str
    sentence: str
    kind: str
    seen_at: str
    is_news: bool
    lines: tuple[LedgerLine, ...] = ()


@dataclass(frozen=True)
class Story:
    """What happened in the time of the report, what matters most first. `is_first`: nobody had looked before."""

    news: tuple[Told, ...]
    others: tuple[Told, ...]
    noise: tuple[Told, ...]
    is_first: bool


def story(report: Report) -> Story:
    """The changes of *report* by what they mean for its tables, with the new differences and the new trials among the news."""
    is_first = report.since is None
    differing = [] if is_first else [*new_differences(report)]
    changed = [_with_table(one, differing) for one in _told_changes(report)]
    told = sorted(changed, key=lambda one: (severity(one.lines[0].change), one.nct_id, one.seen_at))
    apart = [
        (row, one)
        for row, one in differing
        if not any(_is_behind(row, one, other) for other in told)
    ]
    arrived = [] if is_first else [*_differences(report, apart), *_arrivals(report)]
    return Story(
        (*(one for one in told if one.is_news), *arrived),
        tuple(one for one in told if not one.is_news and one.kind != Significance.NOISE),
        tuple(one for one in told if not one.is_news and one.kind == Significance.NOISE),
        is_first,
    )


def _is_behind(row: ReportRow, one: Comparison, told: Told) -> bool:
    """Whether a difference is new because of this change."""
    return told.nct_id == row.trial_id and any(
        main_field(line.change.field) == main_field(one.field) for line in told.lines
    )


def _with_table(told: Told, differing: Sequence[tuple[ReportRow, Comparison]]) -> Told:
    """A change with what the table prints, where that no longer fits."""
    printed = dict.fromkeys(
        inert(claimed(one), 80) for row, one in differing if _is_behind(row, one, told)
    )
    return (
        replace(told, sentence=f"{told.sentence}; the table says {listing(printed)}")
        if printed
        else told
    )


def of_table(told: Iterable[Told], table: ReportTable) -> list[Told]:
    """Those that are about trials of this table."""
    names = {row.trial_id for row in table.rows} | {row.nct_id for row in table.rows}
    return [one for one in told if one.nct_id in names]


# --- changes


def _told_changes(report: Report) -> Iterator[Told]:
    news = {line.id for line in news_lines(report)}
    taken: dict[str, int] = {}
    for nct_id, lines in _belonging(report.changes):
        for group in lines:
            name = _name_of(group[0], taken)
            kind = min((line.change for line in group), key=severity).kind
            yield Told(
                name,
                nct_id,
                in_sentence([line.change for line in group]),
                kind,
                group[0].seen_at,
                any(line.id in news for line in group),
                group,
            )


def _belonging(lines: Sequence[LedgerLine]) -> Iterator[tuple[str, list[tuple[LedgerLine, ...]]]]:
    """The lines that one sentence can tell together: of one version, about one thing and the facts that only add to it."""
    for (nct_id, _, _), of_version in groupby(
        lines, key=attrgetter("nct_id", "version", "seen_at")
    ):
        groups: dict[object, list[LedgerLine]] = {}
        for line in of_version:
            alone = line.change.item is not None or line.change.kind == Significance.NOISE
            groups.setdefault(line.id if alone else main_field(line.change.field), []).append(line)
        yield (
            nct_id,
            [
                tuple(
                    sorted(
                        group, key=lambda line: line.change.field != main_field(line.change.field)
                    )
                )
                for group in groups.values()
            ],
        )


def _name_of(line: LedgerLine, taken: dict[str, int]) -> str:
    """A name from what the change says and when it was seen, so that it is the same whatever database holds the line."""
    change = line.change
    name = name_from(
        line.nct_id, change.field, line.seen_at, change.item, change.before, change.after
    )
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def name_from(nct_id: str, what: str, *content: str | None) -> str:
    """A tag URI (RFC 4151): stable, and made of nothing but what is told."""
    digest = hashlib.sha256(
        "\x1f".join("\x00" if part is None else part for part in (nct_id, what, *content)).encode(
            "utf-8", "surrogatepass"
        )
    )
    return f"{_AUTHORITY}/{digest.hexdigest()[:32]}"


# --- new differences and new trials


def _differences(report: Report, new: Iterable[tuple[ReportRow, Comparison]]) -> Iterator[Told]:
    tables = _tables_of(report)
    for row, one in new:
        name = difference_name(tables[row.row_id].name, row, one)
        yield Told(
            name,
            row.nct_id or "",
            difference(row, one),
            Significance.MATERIAL,
            one.first_seen or "",
            True,
        )


def difference_name(table: str, row: ReportRow, one: Comparison) -> str:
    """A name for a difference that lasts as long as both sides say the same."""
    return name_from(
        row.nct_id or "", "difference", table, one.column, one.field, one.claim, one.registry
    )


def difference(row: ReportRow, one: Comparison) -> str:
    """A difference as a sentence whose subject is the trial."""
    return f"now differs from the table (row {row.row.position}), {label(one.field).lower()}: printed {inert(claimed(one), 120)}, registry {inert(registered(one), 120)}"


def _arrivals(report: Report) -> Iterator[Told]:
    for table in report.tables:
        for nct_id, new_since in {
            row.nct_id: row.new_since for row in table.rows if row.nct_id and row.new_since
        }.items():
            yield Told(
                name_from(nct_id, "new", table.name),
                nct_id,
                f"is new here: {called(table)} names it",
                Significance.MATERIAL,
                new_since,
                True,
            )


def called(table: ReportTable) -> str:
    """`Table 9` where the title begins so, else the whole title in quotation marks."""
    numbered = re.match(
        r"(?:supplementary |additional |web |e)?table\s+[A-Z]?\d+[A-Za-z]?\b",
        table.title,
        re.IGNORECASE,
    )
    return inert(numbered[0]) if numbered else f"“{inert(table.title, 120)}”"


def _tables_of(report: Report) -> Mapping[int, ReportTable]:
    return {row.row_id: table for table in report.tables for row in table.rows}
