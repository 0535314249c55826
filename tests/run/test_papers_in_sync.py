"""`enrich sync --papers`: notices about papers are news of the run, each once."""

import json
import os
import re

import pytest
from click.testing import CliRunner

from enrich import cli
from enrich.lock import one_run_at_a_time
from enrich.storage.database import Database
from tests.fixtures.cron_job import CronJob, cron_study
from tests.fixtures.literature_server import Article, LiteratureServer
from tests.fixtures.mailbox import mail_server
from tests.fixtures.registry_server import StandInRegistry, with_load_day
from tests.fixtures.studies import nct

RESULTS = Article("41000000", "10.1056/NEJMoa1", "Rest for tired pupils", 2026, (nct(1),))
OTHER = Article("41400000", "10.1000/later", "Rest: a post hoc analysis", 2026, (nct(1),))
SECOND = Article("41000001", "10.1000/second", "Sleep for tired teachers", 2026, (nct(2),))


def notice_of(article, kind="Retraction", day="9/1/2026 0:00"):
    return {"RetractionDate": day, "OriginalPaperDOI": article.doi, "RetractionNature": kind}


class Review(CronJob):
    """A cron job with papers over two trials, of which the first check is done."""

    def __init__(self, folder, registry, services):
        super().__init__(folder, registry.url, 2)
        self.registry, self.services = registry, services
        self.addresses = dict.fromkeys(("pubmed", "europe-pmc", "crossref"), services.url)
        assert self.night().exit_code == 0

    def options(self):
        return [part for name, url in self.addresses.items() for part in (f"--{name}", url)]

    def night(self, *options, papers=True):
        for _ in range(7):  # the notices are asked for once a week
            self.next_day()
        self.registry.next_load(f"{self.day:%Y-%m-%dT01:%M:05}")
        return self.run(*(["--papers", *self.options()] if papers else []), *options)

    def command(self, name, *options):
        paths = ["--db", self.folder / "trials.db"]
        if name == "papers":
            paths += ["--cache", self.folder / "cache", *self.options()]
        return CliRunner().invoke(
            cli.main,
            [name, *map(str, paths), *options],
            obj=cli.Time(lambda: self.day.isoformat(timespec="seconds"), lambda seconds: None),
        )

    def report(self, *options):
        return self.command("report", *options).stdout


@pytest.fixture
def services():
    with LiteratureServer(RESULTS, OTHER, SECOND) as running:
        yield running


@pytest.fixture
def review(tmp_path, services, monkeypatch):
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    with StandInRegistry([cron_study(1), cron_study(2)]) as registry:
        yield Review(tmp_path, registry, services)


SENTENCE = "results paper retracted on 1 September 2026: PMID 41000000, Rest for tired pupils"


def test_a_retraction_is_news_of_the_first_rank_once(review, services):
    assert review.night("--exit-code").exit_code == 0
    services.notices.append(notice_of(RESULTS))
    result = review.night("--exit-code")
    assert result.exit_code == 10
    assert result.stdout.startswith("“A review”: 1 with a retracted paper\n")
    assert SENTENCE in " ".join(result.stdout.split())
    again = review.night("--exit-code")
    assert (again.exit_code, again.output) == (0, "")


def test_every_outlet_reports_a_retraction(review, services):
    services.notices.append(notice_of(RESULTS))
    with mail_server() as box:
        review.night("--notify", box.url)
        (mail,) = box.mails
    body = mail.get_body(("plain",)).get_content()
    assert "1 with a retracted paper" in mail["Subject"]
    assert SENTENCE in " ".join(body.split())
    for format_ in ("text", "markdown", "html", "atom", "csv", "json"):
        assert "results paper retracted on 1 September 2026" in review.report("--format", format_)
    assert (
        f"Notices about papers: {nct(1)}: results paper retracted on 1 September 2026."
        in review.report("--for", "log")
    )
    lines = [json.loads(line) for line in review.report("--format", "json").splitlines()]
    (news,) = [line for line in lines if line["what"] == "news"]
    assert news["notice"]["doi"] == "10.1056/nejmoa1" and news["changes"] == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Expression of concern", "expression of concern about the results paper on 1 September"),
        ("Correction", "results paper corrected on 1 September"),
        ("Reinstatement", "results paper reinstated after a retraction on 1 September"),
    ],
)
def test_the_other_notices_have_their_own_words(review, services, kind, words):
    services.notices.append(notice_of(RESULTS, kind))
    assert words in " ".join(review.night().stdout.split())


def test_a_notice_about_another_paper_is_a_smaller_change(review, services):
    services.notices.append(notice_of(OTHER))
    result = review.night("--exit-code")
    assert (result.exit_code, result.output) == (0, "")
    shown = " ".join(review.report("--all").split())
    assert "another paper of the trial retracted on 1 September 2026" in shown


def test_a_first_check_reports_the_notices_that_there_are(tmp_path, services):
    services.notices.append(notice_of(RESULTS))
    with StandInRegistry([cron_study(1), cron_study(2)]) as registry:
        Review(tmp_path, registry, services)
    result = CliRunner().invoke(cli.main, ["report", "--db", str(tmp_path / "trials.db")])
    assert SENTENCE in " ".join(result.stdout.split())


def test_a_trial_that_is_listed_later_brings_its_notices(review, services):
    services.articles[0] = Article(RESULTS.pmid, RESULTS.doi, RESULTS.title, 2026, (nct(1), nct(2)))
    services.notices.append(notice_of(RESULTS))
    table = review.table.with_suffix(".csv")
    both = table.read_text()
    table.write_text("".join(both.splitlines(keepends=True)[:2]))
    assert review.night("--accept").stdout.count("results paper retracted") == 1
    table.write_text(both)
    (review.folder / "cache" / "papers" / f"{nct(2)}.json").unlink()
    result = review.night()
    assert result.stdout.count("results paper retracted") == 1
    assert f"{nct(2)} (row 2)" in result.stdout


def test_no_outlet_prints_the_address_of_an_author(review, services):
    services.articles[0] = Article(
        RESULTS.pmid, RESULTS.doi, "Rest. Write to lee@school.example", 2026, (nct(1),)
    )
    services.notices.append(notice_of(RESULTS))
    for path in (review.folder / "cache" / "papers").glob("NCT*"):
        path.unlink()
    assert "results paper retracted" in review.night().stdout
    for format_ in ("text", "markdown", "html", "atom", "csv", "json", "mail"):
        assert "lee@school.example" not in review.report("--format", format_)


@pytest.mark.parametrize(("rank", "mails"), [("stopped", 0), ("results", 1)])
def test_a_recipient_gets_a_notice_by_its_lowest_rank(review, services, rank, mails):
    services.notices.append(notice_of(RESULTS))
    section = f'[[notify]]\nto = "s@example.org"\nminimum_rank = "{rank}"\n'
    review.table.write_text(review.table.read_text() + section)
    with mail_server() as box:
        review.night("--notify", box.url)
        assert len(box.take("s@example.org")) == mails


def test_a_recipient_of_other_rows_gets_no_notice(review, services):
    services.notices.append(notice_of(RESULTS))
    section = f'[[notify]]\nto = "s@example.org"\ntrials = ["{nct(2)}"]\n'
    review.table.write_text(review.table.read_text() + section)
    with mail_server() as box:
        review.night("--notify", box.url)
        assert box.take("s@example.org") == [] and len(box.take()) == 1


# --- what enrich papers finds between two runs


def test_what_enrich_papers_found_is_in_the_report_and_in_the_mail_of_the_next_run(
    review, services
):
    services.notices.append(notice_of(RESULTS))
    review.day = review.day.replace(month=11)
    assert review.command("papers", "--exit-code").exit_code == 10
    assert SENTENCE in " ".join(review.report().split())
    feed = review.report("--format", "atom")
    with mail_server() as box:
        assert review.night("--exit-code", "--notify", box.url, papers=False).exit_code == 10
        assert len(box.mails) == 1
        assert review.night("--exit-code", "--notify", box.url, papers=False).exit_code == 0
        assert len(box.mails) == 1
    ids = [line for line in feed.splitlines() if "<id>" in line][1:]
    assert len(ids) == 1 and ids[0] in review.report("--format", "atom", "--since", "first")


def test_a_bulk_download_reports_what_enrich_papers_found(review, services, tmp_path):
    services.notices.append(notice_of(RESULTS))
    review.day = review.day.replace(month=11)
    review.command("papers")
    place = tmp_path / "records.ndjson"
    records = (with_load_day(cron_study(number), "2026-11-02") for number in (1, 2))
    place.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    loads = [
        review.command("load", "-q", "--exit-code", "--table", str(review.table), str(place))
        for _ in range(2)
    ]
    assert [load.exit_code for load in loads] == [10, 0]
    assert SENTENCE in " ".join(loads[0].stdout.split())


def test_enrich_papers_waits_for_no_other_run(review):
    with one_run_at_a_time(review.folder / "trials.db"):
        result = review.command("papers")
    assert result.exit_code == 4
    assert "another run is working on" in result.output


@pytest.mark.parametrize(
    "change",
    [
        {"RetractionDOI": "10.1000/notice"},
        {"RetractionDOI": "10.1000/notice", "RetractionDate": "9/2/2026 0:00"},
    ],
)
def test_a_notice_of_which_the_data_knows_more_is_no_second_news(review, services, change):
    known = {
        **notice_of(RESULTS),
        **({"RetractionDOI": "10.1000/notice"} if len(change) > 1 else {}),
    }
    services.notices.append(known)
    assert review.night("--exit-code").exit_code == 10
    services.notices[:] = [{**known, **change}, notice_of(OTHER)]
    assert review.night("--exit-code").exit_code == 0


def test_a_second_notice_about_the_same_paper_is_news(review, services):
    services.notices.append(notice_of(RESULTS, "Correction"))
    review.night()
    services.notices.append(notice_of(RESULTS, "Correction", "10/1/2026 0:00"))
    assert review.night("--exit-code").exit_code == 10


def test_notices_that_the_data_lost_for_a_while_are_no_second_news(review, services):
    services.notices.append(notice_of(RESULTS))
    review.night()
    services.notices[:] = [notice_of(OTHER)] * 2
    review.night()
    services.notices[:] = [notice_of(RESULTS)] * 3
    assert review.night("--exit-code").exit_code == 0


# --- manners and failures


def test_a_run_with_everything_on_counts_its_requests_by_host(tmp_path, services, monkeypatch):
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    with StandInRegistry([cron_study(1), cron_study(2)]) as registry:
        review = Review(tmp_path, registry, services)
        # PubMed: two searches and two summaries; Europe PMC: a search for each trial.
        assert dict(services.counts) == {"pubmed": 4, "europe pmc": 2, "notices": 1}
        assert _counted(review) == {"PubMed": 4, "Europe PMC": 2, "the Retraction Watch data": 1}
        (run,) = _rows(review, "select requests from runs")
        assert run[0] == len(registry.requests)
        assert "Europe PMC 2 · PubMed 4 · the Retraction Watch data 1" in review.report()
        services.counts.clear()
        before = len(registry.requests)
        review.run("--papers", *review.options())
        assert dict(services.counts) == {}
        (_, last) = _rows(review, "select requests from runs order by id")
        assert last[0] == len(registry.requests) - before <= 2


def _rows(review, sql):
    database = Database(review.folder / "trials.db")
    try:
        return database.fetch_tuples(sql)
    finally:
        database.close()


def _counted(review):
    return dict(_rows(review, "select service, sum(requests) from service_requests group by 1"))


BROKEN = (500, {"Content-Type": "text/plain"}, b"down")


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("pubmed", "PubMed"),
        ("europe pmc", "Europe PMC"),
        ("notices", "the Retraction Watch data"),
    ],
)
def test_a_failing_host_changes_nothing_else_and_is_one_line(
    tmp_path, services, kind, service, monkeypatch
):
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    services.faults[kind] = lambda: BROKEN
    with StandInRegistry([cron_study(1), cron_study(2)]) as registry:
        review = Review(tmp_path, registry, services)
        shown = review.report().splitlines()
        assert len([line for line in shown if f"{service} could not" in line]) == 1
        assert _rows(review, "select outcome, asked, new from runs") == [("complete", 2, 2)]
        # Neither news nor a reason for another exit code; a lasting failure is said in the third run.
        second, third = (review.run("--papers", *review.options(), "--exit-code") for _ in range(2))
        assert (second.exit_code, second.output) == (0, "")
        assert third.exit_code == 0
        (line,) = third.stderr.splitlines()
        assert line.startswith("enrich: Papers could not be looked up since")
        services.faults.clear()
        (line,) = review.run("--papers", *review.options()).stderr.splitlines()
        assert line.startswith("enrich: Papers can be looked up again.")


def test_papers_that_cannot_be_kept_are_a_problem_of_the_run_alone(review, services):
    kept = review.folder / "cache" / "papers"
    for path in kept.iterdir():
        path.unlink()
    kept.rmdir()
    kept.write_text("a file where the folder should be")
    assert review.night("--exit-code").exit_code == 0
    assert os.fspath(kept) in re.sub(r"\s", "", review.report())  # a long path is wrapped


def test_offline_asks_nobody_about_papers(review, services):
    services.counts.clear()
    review.run("--papers", *review.options(), "--offline")
    assert dict(services.counts) == {}
