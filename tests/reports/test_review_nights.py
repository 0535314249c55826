"""A night of 61 real trials in every outlet: short enough to be read, and nothing lost."""

import json
import re

import pytest

from enrich.reports.content.events import events_of
from enrich.reports.content.news import news_of
from enrich.storage.report_query import read_report
from tests.fixtures.corpus import needs_corpus
from tests.fixtures.rendered import rendered
from tests.fixtures.review_nights import review_nights

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


@pytest.mark.parametrize("name", ["text", "html", "markdown", "json", "csv", "atom", "mail"])
def test_no_contact_leaves_the_database(night, name):
    text = rendered(name, night, show_all=True)
    contacts = re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+|555-01\d\d|Jane Doe|John Roe", text)
    assert not contacts


def test_the_json_of_the_night_is_whole(night):
    lines = rendered("json", night, show_all=True).splitlines()
    assert sum(json.loads(line)["what"] == "row" for line in lines) == 61
