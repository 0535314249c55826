"""Lines and blocks that the text of a terminal and of a mail share."""

from collections.abc import Mapping, Sequence

from enrich.dates import long_day
from enrich.models import Report, ReportTable
from enrich.reports.content.differences import (
    CAUSES,
    Difference,
    Differences,
    differences_by_cause,
    first_differences,
)
from enrich.reports.content.events import Event
from enrich.reports.content.news import Statement, TrialNews
from enrich.reports.layout.text_page import TextPage
from enrich.text import capitalize_first, join_and, sanitize

# A long cell would leave no room for what the registry has.
_PRINTED = 26


def heading_of_time(report: Report) -> str:
    """`News since 12 March 2026`."""
    return f"News since {long_day(report.since)}" if report.since else "News"


def since_option(report: Report) -> str:
    """The option of `enrich report` that gives the same time again."""
    return f" --since {report.since[:10]}" if report.is_longer and report.since else ""


def trial_line(trial: TrialNews) -> str:
    """`NCT05935098 (row 12) Study of X in Y`."""
    return f"{trial.nct_id}{trial.in_rows} {trial.title}".rstrip()


def statement_text(statement: Statement) -> str:
    """What happened, and what the table prints where that differs now."""
    if not statement.printed:
        return statement.text
    printed = join_and(f"“{cell}”" for cell in statement.printed)
    return f"{statement.text}; the table prints {printed}"


def table_event_text(event: Event) -> str:
    """What happened to a table itself."""
    return capitalize_first(event.sentence)


def difference_line(difference: Difference) -> str:
    """`Row 4 NCT00962923 Number of participants: “14” → planned 20`: printed, and now."""
    return (
        f"Row {difference.position} {difference.nct_id} {difference.field}:"
        f" “{sanitize(difference.printed, _PRINTED)}” → {difference.now}"
    )


def write_differences(page: TextPage, report: Report, room: int) -> None:
    """The differences of every table by cause, a line each, as far as there is *room* (lines)."""
    for table in report.tables:
        grouped = differences_by_cause(report, table)
        if grouped:
            block = page.new()
            if len(report.tables) > 1:
                block.line(sanitize(table.title, 300), "bold", most=1)
            left = room // len(report.tables) - len(block.lines)
            _write_causes(block, report, table, grouped, left)
            page.add(block, blank_before=True)


def _write_causes(
    page: TextPage,
    report: Report,
    table: ReportTable,
    grouped: Mapping[str, Differences],
    room: int,
) -> None:
    """Each cause gets its heading, and of the lines left what it needs or its share."""
    needs = [len(differences) for differences in grouped.values()]
    shares = dict(zip(grouped, _shares(needs, room - 4 * len(grouped)), strict=True))
    for cause, differences in first_differences(report, table, shares).items():
        heading, explanation = CAUSES[cause]
        number = len(grouped[cause])
        page.heading(f"{heading} ({number})")
        page.line(f"{explanation} Printed → now:", "dim", indent=2, most=1)
        for difference in differences:
            page.line(difference_line(difference), indent=2, most=1)
        if number > len(differences):
            page.line(f"and {number - len(differences)} more", "dim", indent=2)


def _shares(needs: Sequence[int], room: int) -> list[int]:
    """How many lines each gets: what it needs, or an equal part of what the others leave.

    >>> _shares([2, 20, 9], 20)
    [2, 9, 9]
    """
    shares = [0] * len(needs)
    left = max(room, 0)
    for rank, at in enumerate(sorted(range(len(needs)), key=lambda at: needs[at])):
        shares[at] = min(needs[at], left // (len(needs) - rank))
        left -= shares[at]
    return shares
