"""`enrich papers` against stand-ins of PubMed, Europe PMC and Crossref, with their faults."""

import json
import os
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.options import Time
from enrich.papers.ranking import PaperRole, RankedPaper, Reference, ReferenceType
from enrich.reports.papers import paper_text
from enrich.storage.database import Database
from enrich.storage.papers import read_papers
from tests.fixtures.literature_server import Article, LiteratureServer
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, ids_of, table_of

PROTOCOL = Article("21600000", "10.1186/1745-6215-1-1", "Rest: a study protocol", 2011, (nct(1),))
RESULTS = Article("24900000", "10.1056/NEJMoa1", "Rest for tired pupils", 2014, (nct(1),))
PRINTED = Article("27300000", "10.1000/later", "A later look at rest", 2016, printed=(nct(2),))
RETRACTED = {
    "RetractionDate": "3/14/2021 0:00",
    "OriginalPaperDOI": "10.1056/nejmoa1",
    "OriginalPaperPubMedID": "0",
    "RetractionNature": "Retraction",
}


def _record(number):
    return study(
        number,
        start_date="2010-01",
        primary_completion_date="2013-01",
        primary_completion_date_type="ACTUAL",
    )


@pytest.fixture
def folder(tmp_path):
    """A synced folder with three trials; the record of the first names its protocol."""
    first = _record(1)
    reference = {"pmid": PROTOCOL.pmid, "type": "DERIVED", "citation": f"Lee A. {PROTOCOL.title}."}
    set_path(first, "protocolSection.referencesModule.references", [reference])
    with StandInRegistry([first, _record(2), _record(3)]) as registry:
        SyncedFolder(tmp_path, registry).run(table_of(*ids_of(1, 2, 3)))
    return tmp_path


@pytest.fixture
def services():
    with LiteratureServer(PROTOCOL, RESULTS, PRINTED, notices=(RETRACTED,)) as running:
        yield running


class Papers:
    """The command in a folder, on a day of November 2026."""

    def __init__(self, folder, services):
        self.folder, self.services = folder, services

    def run(self, *options, day=25):
        roots = {
            f"ENRICH_{name}": self.services.url for name in ("PUBMED", "EUROPE_PMC", "CROSSREF")
        }
        arguments = ["papers", "--db", self.folder / "trials.db", "--cache", self.folder / "cache"]
        return CliRunner().invoke(
            main,
            [*map(str, arguments), *options],
            obj=Time(lambda: f"2026-11-{day:02}T10:00:00+00:00", lambda seconds: None),
            env={**roots, "NCBI_API_KEY": ""},
        )


@pytest.fixture
def papers(folder, services):
    return Papers(folder, services)


def test_papers_of_records_and_searches_are_ranked_and_notices_found(papers):
    result = papers.run()
    assert result.exit_code == 0, result.output
    first, second, third, *_ = result.output.split("NCT0000000")[1:]
    assert "Results paper: Rest for tired pupils. J Rest. 2014. PMID 24900000" in first
    assert "Notice: Retraction of 14 March 2021." in first
    assert "Also: 1 protocol." in first
    assert "A later look at rest" in second
    assert "No notice found on 25 November 2026." in second
    assert "No results paper found." in third
    assert "3 trials: 2 with a results paper, 1 without." in result.output
    assert "Notices: 1 retraction; 1 new." in result.output


def test_a_paper_that_only_a_search_found_is_judged_by_its_title(folder):
    design = Article(
        "24800000", "10.1056/NEJMoa0", "Rationale and design of a trial", 2014, (nct(3),)
    )
    later = Article("24900001", "10.1000/rest", "Rest for tired pupils", 2014, (nct(3),))
    with LiteratureServer(design, later) as services:
        output = Papers(folder, services).run().output
    assert "Results paper: Rest for tired pupils" in output and "Also: 1 protocol." in output


def test_requests_are_as_few_as_can_be_and_name_the_tool(papers, services):
    assert (
        "Requests: PubMed 4, Europe PMC 3 and the Retraction Watch data 1."
        in papers.run("--contact", "team@example.org").output
    )
    assert services.counts == {"pubmed": 4, "europe pmc": 3, "notices": 1}
    _, query = services.queries[0]
    assert query["tool"] == "enrich" and query["email"] == "team@example.org"
    assert query["term"] == f"{nct(1)}[si]"


def test_answers_are_kept_for_their_days_and_notices_for_a_week(papers, services):
    papers.run(day=1)
    services.counts.clear()
    again = papers.run(day=2)
    assert services.counts == {}
    assert "Rest for tired pupils" in again.output and "1 new" not in again.output
    papers.run(day=9)
    assert services.counts == {"notices": 1}
    services.counts.clear()
    papers.run("--days", "7", day=9)
    assert services.counts == {"pubmed": 4, "europe pmc": 3}


def test_offline_works_from_the_cache_and_asks_nobody(papers, services):
    papers.run()
    services.counts.clear()
    result = papers.run("--offline", day=28)
    assert services.counts == {}
    assert "Results paper: Rest for tired pupils" in result.output
    assert "No notice found on 25 November 2026." in result.output


def test_offline_without_any_answer_ranks_what_the_records_name(papers, services):
    result = papers.run("--offline")
    assert services.counts == {}
    assert "No results paper among 1 paper." in result.output
    assert "Notices: not read." in result.output


def test_a_file_of_notices_may_be_given(papers, services, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text("doi,nature\nhttps://doi.org/10.1056/NEJMoa1,Expression of concern\n")
    result = papers.run("--notices", str(given))
    assert "Notice: Expression of concern." in result.output
    assert services.counts["notices"] == 0


def test_a_notice_about_a_paper_of_two_trials_is_counted_once(folder):
    shared = replace(RESULTS, trials=(nct(1), nct(2)))
    with LiteratureServer(shared, notices=(RETRACTED,)) as services:
        result = Papers(folder, services).run()
    assert result.output.count("Notice: Retraction") == 2
    assert "Notices: 1 retraction; 1 new." in result.output


def test_notices_are_counted_by_kind_the_gravest_first(papers, services):
    concern = {**RETRACTED, "RetractionNature": "Expression of concern"}
    later = {**concern, "RetractionDate": "3/15/2021 0:00"}
    services.notices[:] = [{**RETRACTED, "RetractionNature": "Correction"}, concern, later]
    services.notices.append(RETRACTED)
    assert (
        "Notices: 1 retraction, 2 expressions of concern and 1 correction; 4 new."
        in papers.run().output
    )


def test_a_number_of_a_paper_does_not_control_a_terminal():
    reference = Reference(ReferenceType.RESULT, "1\x1b[31m")
    text = paper_text(RankedPaper(reference, 0.0, PaperRole.RESULTS, ()))
    assert text.startswith("PMID 1") and "\x1b" not in text


def test_a_new_notice_is_exit_code_10_once(papers, services):
    services.notices.clear()
    assert papers.run("--exit-code", day=1).exit_code == 0
    services.notices.append(RETRACTED)
    assert papers.run("--exit-code", day=10).exit_code == 10
    assert papers.run("--exit-code", day=20).exit_code == 0


def _fault(status, body, content_type="application/json"):
    return lambda: (status, {"Content-Type": content_type}, body)


FAULTS = {
    "error": _fault(500, b"down"),
    "forbidden": _fault(403, b"no"),
    "web page": _fault(200, b"<html>maintenance</html>", "text/html"),
    "another shape": _fault(200, b'{"error": "x"}'),
    "numbers": _fault(200, b'{"esearchresult": {"idlist": [1, 2]}}'),
    "cut off": _fault(200, b'{"cut'),
}
# What the run still finds when a service fails.
STILL_FOUND = {
    "pubmed": ("A later look at rest", "Notice: Retraction"),
    "europe pmc": ("Rest for tired pupils", "Notice: Retraction"),
    "notices": ("Rest for tired pupils", "Notices: not read."),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_fails_changes_nothing_of_the_others(papers, services, folder, fault):
    for kind, texts in STILL_FOUND.items():
        shutil.rmtree(folder / "cache" / "papers", ignore_errors=True)
        services.faults = {kind: FAULTS[fault]}
        result = papers.run("--exit-code")
        assert result.exit_code in (10, 20), result.output
        assert all(text in result.output for text in texts), result.output
        assert "enrich: " in result.output


def test_a_service_that_does_not_answer_is_one_line_for_all_trials(papers, services):
    services.faults["pubmed"] = FAULTS["error"]
    lines = [line for line in papers.run().output.splitlines() if line.startswith("enrich: ")]
    assert lines == [
        f"enrich: PubMed could not be asked about {nct(1)}: PubMed answers 500: down;"
        " nor about 2 more trials"
    ]


def test_a_file_that_holds_no_notices_is_refused_in_one_line(papers, services, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text("title\nA paper\n")
    result = papers.run("--notices", str(given), "--offline")
    assert result.exit_code == 1
    assert "given.csv: the file of notices has no column OriginalPaperDOI" in result.output


@pytest.mark.parametrize("kind", ["missing", "pipe", "folder"])
def test_notices_that_cannot_be_read_are_one_line_that_names_the_file(papers, tmp_path, kind):
    given = tmp_path / "given.csv"
    if kind == "pipe":
        os.mkfifo(given)
    elif kind == "folder":
        given.mkdir()
    result = papers.run("--notices", str(given), "--offline")
    assert result.exit_code in (1, 2)
    assert "given.csv" in result.output
    assert "internal error" not in result.output


def test_what_is_stored_can_be_read_again(papers, folder):
    papers.run()
    database = Database(folder / "trials.db")
    try:
        stored = read_papers(database, [nct(1)])[nct(1)]
    finally:
        database.close()
    assert [paper.reference.pmid for paper in stored.ranked] == [RESULTS.pmid, PROTOCOL.pmid]
    (notice,) = stored.notices_of(stored.ranked[0].reference)
    assert notice.day == "2021-03-14"


def test_a_trial_with_more_papers_than_are_read_says_so_and_is_asked_in_few_requests(folder):
    many = [
        Article(str(24_000_000 + at), f"10.1000/{at}", f"Rest, part {at}", 2014, (nct(2),))
        for at in range(1_205)
    ]
    with LiteratureServer(*many) as services:
        papers = Papers(folder, services)
        asked = papers.run().output
        assert services.counts["pubmed"] == 3 + 5 and services.counts["europe pmc"] == 3
        kept = papers.run("--offline").output
    for service in ("PubMed", "Europe PMC"):
        line = f"{service} has 1,205 papers that name {nct(2)}; 1,000 were read."
        assert line in asked.splitlines() and line in kept.splitlines()


@pytest.mark.parametrize("content", ["", "[]", '{"PubMed": 3}', '{"PubMed": {"asked_on": "soon"}}'])
def test_a_spoilt_answer_in_the_cache_is_asked_for_again(papers, services, folder, content):
    papers.run()
    (folder / "cache" / "papers" / f"{nct(1)}.json").write_text(content)
    services.counts.clear()
    assert "Rest for tired pupils" in papers.run().output
    assert services.counts["pubmed"] == 2
    kept = json.loads((folder / "cache" / "papers" / f"{nct(1)}.json").read_text())
    assert kept["PubMed"]["asked_on"] == "2026-11-25"
