"""A night of 61 real trials in every outlet: short enough to be read, and nothing lost."""

import json
import re
from collections import Counter

import pytest

from enrich.export import FORMATS
from enrich.export.sheet import build
from enrich.reports.content.events import events_of
from enrich.reports.content.news import news_of
from enrich.storage.report_query import read_report
from tests.fixtures.corpus import needs_corpus
from tests.fixtures.rendered import rendered
from tests.fixtures.review_nights import review_nights
from tests.reports.test_readability import PROSE, code_words

pytestmark = needs_corpus


@pytest.fixture(scope="module", params=[2, 3], ids=["second night", "third night"])
def night(request, tmp_path_factory):
    """The report that the run of the night prints."""
    with review_nights(tmp_path_factory.mktemp("nights"), request.param) as database:
        return read_report(database, with_timelines=True)


def test_the_table_has_61_trials_and_the_night_is_busy(night):
    assert night.run.asked == 61
    assert len(news_of(night, events_of(night)).trials) >= 10


def test_the_mail_has_40_lines_at_most(night):
    assert rendered("mail", night).count("\n") <= 40


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_terminal_shows_two_screens_at_most(night, width):
    assert rendered("text", night, width=width).count("\n") < 2 * 24


def test_the_log_has_120_words_at_most(night):
    assert len(rendered("log", night).split()) <= 120


@pytest.mark.parametrize("show_all", [False, True], ids=["shortened", "all"])
def test_markdown_fits_into_an_issue(night, show_all):
    assert len(rendered("markdown", night, show_all=show_all)) < 60_000


@pytest.mark.parametrize("name", ["html", "text"])
def test_every_trial_with_news_is_in_the_full_report_with_each_statement(night, name):
    text = rendered(name, night, show_all=True)
    plain = " ".join(re.sub(r"<[^>]+>", "", text).split())
    for trial in news_of(night, events_of(night)).trials:
        assert trial.nct_id in plain
        for statement in trial.statements:
            words = statement.text.replace("'", "&#39;") if name == "html" else statement.text
            assert words.replace("&", "&amp;") in plain or words in plain


def test_every_material_change_is_in_the_full_report_exactly_once(night):
    news = news_of(night, events_of(night))
    shown = [
        line.id
        for trial in (*news.trials, *news.smaller)
        for statement in trial.statements
        for event in statement.events
        for line in event.changes
    ]
    material = [line.id for line in night.changes if line.change.kind == "material"]
    assert [shown.count(id_) for id_ in material] == [1] * len(material)


def material_lines(database):
    """The material lines of the last run's ledger, counted by SQL alone: trial, field, item."""
    return database.fetch_tuples(
        "select nct_id, field, coalesce(item, '') from changes where kind = 'material'"
        " and run_id = (select max(id) from runs)"
    )


@pytest.mark.parametrize("nights", [2, 3])
def test_the_whole_report_has_each_material_line_of_the_ledger_once(nights, tmp_path):
    """Counted from outside on both sides: the ledger by SQL, the report by its printed JSON."""
    with review_nights(tmp_path, nights) as database:
        ledger = Counter(material_lines(database))
        lines = rendered("json", read_report(database), show_all=True).splitlines()
    printed = Counter(
        (line["nct_id"], change["field"], change["item"] or "")
        for line in map(json.loads, lines)
        if line["what"] in ("news", "change")
        for change in line["changes"]
        if change["kind"] == "material"
    )
    assert sum(ledger.values()) > 15 and printed == ledger


@pytest.mark.parametrize("name", ["text", "html", "markdown", "json", "csv", "atom", "mail"])
def test_no_contact_leaves_the_database(night, name):
    text = rendered(name, night, show_all=True)
    contacts = re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+|555-01\d\d|Jane Doe|John Roe", text)
    assert not contacts


def test_the_json_of_the_night_is_whole(night):
    lines = rendered("json", night, show_all=True).splitlines()
    assert sum(json.loads(line)["what"] == "row" for line in lines) == 61


@pytest.mark.parametrize("nights", [1, 2, 3])
def test_no_word_of_the_code_is_in_what_people_read(nights, tmp_path):
    with review_nights(tmp_path, nights) as database:
        report, earlier = read_report(database, with_timelines=True), read_report(database, since=0)
    found = {
        (name, show_all): code_words(rendered(name, report, show_all=show_all, earlier=earlier))
        for name in PROSE
        for show_all in (False, True)
    }
    sheet = build(report.tables[0])
    found["corrections", True] = code_words(FORMATS["corrections"].render(sheet))
    assert {outlet: words for outlet, words in found.items() if words} == {}
