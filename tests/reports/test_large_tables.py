"""The rows of a large table stay in the database: same texts, few statements, few passes."""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from enrich import export, reports
from enrich.errors import EnrichError, StoreError
from enrich.export import word_studies
from enrich.export.inspect_sr import Evidence
from enrich.export.sheet import build
from enrich.reports.layout.text_page import TextPage
from enrich.storage import report_query, report_rows
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from enrich.storage.trials import LatestStudies, read_latest_studies
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("runs")) as database:
        yield database


@pytest.fixture
def small_batches(monkeypatch):
    for module in (report_rows, report_query):
        monkeypatch.setattr(module, "ROWS_PER_BATCH", 2)


@pytest.mark.parametrize("since", [None, 0], ids=["last run", "all runs"])
@pytest.mark.parametrize("show_all", [False, True])
@pytest.mark.parametrize("name", reports.FORMATS)
def test_a_report_reads_the_same_from_the_database(name, show_all, since, database, small_batches):
    streamed = read_report(database, since=since, with_timelines=True, streamed=True)
    assert not isinstance(streamed.tables[0].rows, tuple)
    held = read_report(database, since=since, with_timelines=True)
    assert rendered(name, streamed, show_all=show_all) == rendered(name, held, show_all=show_all)


TEXTS = [name for name, format_ in export.FORMATS.items() if not format_.needs_file]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("name", TEXTS)
def test_an_export_reads_the_same_from_the_database(name, in_place, database, small_batches):
    streamed, held = (read_report(database, streamed=is_).tables[0] for is_ in (True, False))
    ids = [row.trial_id for row in held.rows if row.trial_id]
    options = {"in_place": in_place, "evidence": Evidence("2026-11-25")}
    render = export.FORMATS[name].render
    assert render(build(streamed, studies=LatestStudies(database, ids), **options)) == render(
        build(held, studies=read_latest_studies(database, ids), **options)
    )


def test_only_a_large_table_is_put_into_lines_at_each_use(database, monkeypatch):
    def made_once():
        sheet = build(read_report(database, streamed=True).tables[0])
        return sheet.lines[0] is sheet.lines[0]

    assert made_once()
    for module in (report_rows, report_query):
        monkeypatch.setattr(module, "ROWS_PER_BATCH", 2)
    assert not made_once()


def test_the_parts_of_a_report_are_the_whole(database):
    from enrich.reports.rendering import RenderContext

    for format_ in reports.FORMATS.values():
        context = RenderContext.of(read_report(database), show_all=True)
        assert "".join(format_.parts(context)) == format_.render(context)


def test_rows_that_another_run_changed_meanwhile_are_not_read_on(database, small_batches):
    rows = read_report(database, streamed=True).tables[0].rows
    assert (
        len(rows) == len([*rows]) > 2 and rows[0] == next(iter(rows)) and rows[-1:] == (rows[-1],)
    )
    with closing(Database(database.path)) as other, other.transaction():
        other.execute("update runs set retries = retries + 1")
    with pytest.raises(StoreError, match="another run has changed it meanwhile; try again"):
        list(rows)


def test_a_report_asks_the_database_once_whatever_it_holds(database):
    """The statements do not grow with the rows of a table, nor with its trials and changes."""
    statements = []
    database._sqlite.set_trace_callback(statements.append)
    report = read_report(database)
    database._sqlite.set_trace_callback(None)
    assert len(statements) <= 23 + 7 * len(report.tables)


class CountedRows(Sequence):
    """Rows that count how often they are gone through."""

    def __init__(self, rows):
        self.rows, self.passes = rows, 0

    def __iter__(self):
        self.passes += 1
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at]


# What is counted in a table, what its news is about, and what is written of it.
PASSES = {"text": 2, "markdown": 8, "html": 9, "json": 3, "csv": 2, "atom": 1, "log": 2}
PASSES |= {"mail": 2, "mail-html": 2}


@pytest.mark.parametrize("name", PASSES)
def test_a_report_goes_through_the_rows_of_a_table_a_few_times(name, database):
    report = read_report(database)
    rows = [CountedRows(table.rows) for table in report.tables]
    tables = tuple(
        replace(table, rows=counted) for table, counted in zip(report.tables, rows, strict=True)
    )
    rendered(name, replace(report, tables=tables))
    assert max(counted.passes for counted in rows) <= PASSES[name]


def test_a_word_document_of_too_many_studies_is_refused(monkeypatch, database):
    monkeypatch.setattr(word_studies, "MOST_ROWS", 10)
    table = read_report(database).tables[0]
    ids = [row.trial_id for row in table.rows if row.trial_id]
    sheet = build(
        table, studies=read_latest_studies(database, ids), evidence=Evidence("2026-11-25")
    )
    for name, other in (("inspect-docx", "inspect"), ("revman-docx", "revman-html")):
        with pytest.raises(EnrichError, match=f"takes . of them; write all with --format {other}"):
            export.FORMATS[name].render(sheet)


# --- lines of text

WORDS = (
    "a",
    "“word”",
    "·",
    "日本語",
    "x" * 30,
    "hy-phen",
    "\u00a0",
    "👩",
    "y" * 130,
    "(",
    ";",
    "→",
    "e\u0301",
)


def printed(content, width):
    """What a console prints, without the ends of its lines."""
    out = StringIO()
    Console(file=out, width=width, highlight=False, markup=False, emoji=False).print(content)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_line_breaks_where_a_console_breaks_it(width):
    chance = random.Random(width)
    for _ in range(40):
        page = TextPage(width)
        text = " ".join(chance.choices(WORDS, k=chance.randint(1, 20)))
        page.line(text, indent=2)
        page.pairs([("name:", text), ("longer name:", text)], indent=2)
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name in ("name:", "longer name:"):
            grid.add_row(Text(name), Text(text))
        expected = (Text(text), grid)
        assert page.lines == [
            line for each in expected for line in printed(Padding(each, (0, 0, 0, 2)), width)
        ]
