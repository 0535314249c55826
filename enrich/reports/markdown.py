"""A report as Markdown, for an issue or a page. What the registry says is text there: no markup, no mention, no link."""

from collections.abc import Iterable, Iterator, Sequence

from enrich.dates import long_day
from enrich.escaping import escape_markdown
from enrich.models import Comparison, Report, ReportRow, ReportTable, Significance, Verdict
from enrich.record import urls as links
from enrich.record.names import label
from enrich.reports.events import Event
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext
from enrich.reports.summary import (
    CELL,
    accounts,
    describe,
    difference,
    differing,
    headline,
    nct,
    provenance,
    status,
    title,
    to_look_at,
    unread,
    verdict_counts,
)
from enrich.text import plural, sanitize


def render(context: RenderContext) -> str:
    """The report as Markdown."""
    report = context.report
    lines = [
        *(line for table in report.tables for line in _head(table, report)),
        *_news(context),
    ]
    lines += [
        line for table in report.tables for line in _table(table, of_several=len(report.tables) > 1)
    ]
    lines += [*_others(context), *_problems(report)]
    lines += [
        "---",
        "",
        *(f"{escape_markdown(line)}  " for line in accounts(report.run).splitlines()),
    ]
    return "\n".join(lines).rstrip() + "\n"


# --- what is new


def _head(table: ReportTable, report: Report) -> Iterator[str]:
    yield from (f"# {escape_markdown(sanitize(table.title, 300))}", "")
    if table.citation:
        yield from (f"_{escape_markdown(sanitize(table.citation, 600))}_", "")
    yield from (escape_markdown(headline(table)), "")
    for note in provenance(report.run, table, report.problems):
        yield from (f"> {escape_markdown(note)}", "")


def _news(context: RenderContext) -> Iterator[str]:
    report = context.report
    if context.events.news:
        yield from _section(
            2,
            f"New since {long_day(report.since)}" if report.since else "New",
            map(_bullet, context.events.news),
        )
    yield from _section(
        2,
        "For the log",
        (
            line
            for table in report.tables
            for line in (f"> {escape_markdown(paragraph(context, table))}", "")
        ),
    )


def _bullet(event: Event) -> str:
    kind = "" if event.kind == Significance.MATERIAL else f" ({event.kind})"
    return f"- {_link(event.nct_id)} {escape_markdown(event.sentence)}{kind}"


def _link(nct_id: str) -> str:
    return f"[{escape_markdown(sanitize(nct_id, 40))}]({links.record_url(nct_id)})"


def _others(context: RenderContext) -> Iterator[str]:
    noise = context.events.noise
    hidden = (
        [f"- {plural(len(noise), f'{Significance.NOISE} change')} not shown; `--all` shows them."]
        if noise and not context.include_noise
        else []
    )
    bullets = [*map(_bullet, context.other_events), *hidden]
    yield from _section(2, "Other changes in the registry", bullets)


def _problems(report: Report) -> Iterator[str]:
    yield from _section(
        2,
        "To look at",
        (
            f"- {escape_markdown(f'{nct_id} {message}'.strip())}"
            for nct_id, message in to_look_at(report.problems)
        ),
    )


def _section(level: int, heading: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading with what stands below it; nothing where nothing does."""
    below = list(lines)
    if below:
        yield from (f"{'#' * level} {heading}", "", *below, "")


# --- one table


def _table(table: ReportTable, *, of_several: bool) -> Iterator[str]:
    if of_several:
        yield from (f"# {escape_markdown(sanitize(table.title, 300))}: in full", "")
    yield from _section(
        2,
        "Where the table and the registry differ",
        (line for row in differing(table) for line in _differences(row)),
    )
    unreadable = (
        f"- Row {row.row.position}, {label(one.field)}: {escape_markdown(sanitize(one.cell, CELL))} ({escape_markdown(sanitize(one.note or '', CELL))})"
        for row, one in unread(table)
    )
    yield from _section(2, "Cells that could not be read, shown as printed", unreadable)
    yield from _section(
        2,
        "All trials",
        _grid(
            ("Row", "Trial", "Status", "Verdicts", "Last update"),
            [_trial(row) for row in table.rows if row.nct_id],
        ),
    )
    without = (
        f"- Row {row.row.position}: {escape_markdown(describe(row))}"
        for row in table.rows
        if not row.nct_id
    )
    yield from _section(2, "Not a registered trial (no NCT id printed)", without)


def _differences(row: ReportRow) -> Iterator[str]:
    yield from (
        f"### Row {row.row.position} · {_link(row.nct_id or '')} · {escape_markdown(title(row))}".removesuffix(
            " · "
        ),
        "",
    )
    cells = [
        [escape_markdown(label(one.field)), *map(escape_markdown, difference(one)), _versions(one)]
        for one in row.comparisons
        if one.verdict == Verdict.DIFFERS
    ]
    yield from _grid(("What", "Table", "Registry", "Why", "See"), cells)
    yield ""


def _versions(one: Comparison) -> str:
    """The registry's own comparison of the versions in question."""
    address = links.registry_url_or_none(one.link)
    return f"[versions]({address})" if address else ""


def _trial(row: ReportRow) -> list[str]:
    updated = row.trial.text("last_update_posted") if row.trial else None
    trial = f"{_link(nct(row))} {escape_markdown(title(row))}".strip()
    return [
        str(row.row.position),
        trial,
        escape_markdown(status(row)),
        verdict_counts(row),
        updated or "",
    ]


def _grid(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return (
        [f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *lines)]
        if lines
        else []
    )
