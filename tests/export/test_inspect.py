"""The sheet for INSPECT-SR: facts with their sources, empty columns for judgements, no judgement."""

import copy
import io
import re
import zipfile
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from enrich.cli import main
from enrich.cli.options import Time
from enrich.export.characteristics import Registration
from enrich.export.inspect_sr import COLUMNS, Dossier, Evidence, sheet_rows
from enrich.models import SubmittedVersion
from enrich.record.fields import trial_of
from enrich.registry.client import Registry
from enrich.registry.history import History as VersionHistory
from enrich.run.early_versions import keep_early_versions, version_at_start
from enrich.storage.database import Database
from enrich.storage.early_versions import EarlyRole, EarlyVersion, read_early_versions
from enrich.storage.papers import read_listed_trials
from tests.fixtures.literature_server import Article, LiteratureServer
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.registry_server.history import History
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, ids_of, table_of

RESULTS = Article("24900000", "10.1056/NEJMoa1", "Rest for tired pupils", 2014, (nct(1),))
CONCERN = {
    "RetractionDate": "3/14/2021 0:00",
    "OriginalPaperDOI": "10.1056/NEJMoa1",
    "RetractionNature": "Expression of concern",
}


def _record(start, enrollment, outcome, **facts):
    made = study(
        1,
        first_submitted="2010-06-07",
        last_update_submitted=facts.pop("submitted"),
        start_date=start,
        start_date_type="ACTUAL",
        enrollment=enrollment,
        **facts,
    )
    set_path(
        made,
        "protocolSection.outcomesModule.primaryOutcomes",
        [{"measure": outcome, "timeFrame": "one week"}],
    )
    criteria = f"Inclusion: tired for {enrollment} days"
    set_path(made, "protocolSection.eligibilityModule.eligibilityCriteria", criteria)
    return made


FIRST = _record(
    "2010-03", 30, "Hours of sleep", enrollment_type="ESTIMATED", submitted="2010-06-07"
)
NOW = _record("2010-08", 20, "Hours of rest", enrollment_type="ACTUAL", submitted="2012-02-03")


@pytest.fixture
def folder(tmp_path):
    """A folder in which papers and early versions were looked up."""
    histories = {
        nct(1): History([("2010-06-07", [], FIRST), ("2012-02-03", ["Study Design"], NOW)])
    }
    with (
        StandInRegistry([NOW], histories=histories) as registry,
        LiteratureServer(RESULTS, notices=(CONCERN,)) as papers,
    ):
        SyncedFolder(tmp_path, registry).run(table_of(*ids_of(1)))
        roots = dict.fromkeys(("ENRICH_PUBMED", "ENRICH_EUROPE_PMC", "ENRICH_CROSSREF"), papers.url)
        result = _enrich(
            tmp_path,
            "papers",
            "--early-versions",
            "--pace",
            "0",
            ENRICH_REGISTRY=registry.url,
            **roots,
        )
        assert result.exit_code == 0, result.output
        assert "enrich:" not in result.output
    return tmp_path


def _enrich(folder, command, *options, **environment):
    arguments = [command, "--db", str(folder / "trials.db")]
    if command == "papers":
        arguments += ["--cache", str(folder / "cache")]
    return CliRunner().invoke(
        main,
        [*arguments, *options],
        obj=Time(lambda: "2026-11-25T10:00:00+00:00", lambda seconds: None),
        env={"NCBI_API_KEY": "", **environment},
    )


@pytest.fixture
def cells(folder):
    """The cells of the only trial, by their headings."""
    result = _enrich(folder, "export", "--format", "inspect", "--output", str(folder / "out.xlsx"))
    assert result.exit_code == 0, result.output
    page = load_workbook(folder / "out.xlsx").active
    headings, values = ([cell.value for cell in page[row]] for row in (3, 4))
    return dict(zip(headings, values, strict=True))


def test_the_columns_for_judgements_are_there_and_empty(cells):
    judgements = [heading for heading in cells if "judgement" in heading]
    assert len(judgements) == 6
    assert all(cells[heading] in (None, "") for heading in judgements)


def test_the_paper_and_its_notices_are_facts_with_their_day(cells):
    assert "Rest for tired pupils. J Rest. 2014." in cells["Results paper"]
    assert "Grounds: " in cells["Results paper"]
    assert cells["Notices about it"] == "Expression of concern of 14 March 2021."
    assert cells["Notices about other papers of the trial"].endswith(
        "No notice found on 25 November 2026."
    )


def test_a_start_that_moved_past_the_registration_is_named_with_its_version(cells):
    assert cells["Registration"] == (
        "Registered on 7 June 2010; start August 2010.\nVersion 1 gave March 2010 as the start, "
        "before the registration; the record now gives a later one."
    )


def test_the_record_then_and_now_is_side_by_side(cells):
    assert cells["Numbers of people"].splitlines()[0] == "Planned at registration: 30"
    assert "Enrolled: 20" in cells["Numbers of people"]
    outcomes = cells["Primary outcomes"].splitlines()
    assert outcomes[0] == "First version (version 1, 7 June 2010): Hours of sleep (one week)"
    assert outcomes[-1] == "Now: Hours of rest (one week)"
    assert "First version (version 1, 7 June 2010): other wording than now" in cells["Criteria"]
    assert "https://clinicaltrials.gov/study/NCT00000001" in cells["Sources"]


def test_nothing_judges(folder, cells):
    text = " ".join(filter(None, cells.values())) + " ".join(cells)
    wording = text.replace("Expression of concern", "")
    assert not re.search(r"concern|misconduct|overdue|violat|suspicious|score", wording, re.I)
    assert "less than" not in wording and "fewer" not in wording


def test_the_word_document_has_the_same_facts(folder, cells):
    output = folder / "out.docx"
    assert _enrich(folder, "export", "--format", "inspect", "--output", str(output)).exit_code == 0
    with zipfile.ZipFile(io.BytesIO(output.read_bytes())) as packed:
        text = packed.read("word/document.xml").decode()
    for heading in (column.heading for column in COLUMNS[1:]):
        assert heading in text
    assert "Expression of concern of 14 March 2021." in text


def test_what_was_not_looked_up_says_so(tmp_path):
    with StandInRegistry([NOW]) as registry:
        SyncedFolder(tmp_path, registry).run(table_of(*ids_of(1)))
    output = tmp_path / "out.xlsx"
    assert (
        _enrich(tmp_path, "export", "--format", "inspect", "--output", str(output)).exit_code == 0
    )
    page = load_workbook(output).active
    texts = [str(cell.value) for cell in page[4]]
    assert texts.count("Not looked up: run enrich papers.") == 3
    assert any("run enrich papers --early-versions" in text for text in texts)


@pytest.mark.parametrize(
    ("start", "version"),
    [
        ("2010-07", 1),
        ("2010-07-15", 1),
        ("2010-06", 0),
        ("2010-05", None),
        (None, None),
        ("2010", 2),
        ("2026-12-01", None),
        ("2026-11", None),
    ],
)
def test_the_version_at_the_start_is_the_last_one_submitted_by_then(start, version):
    versions = [
        SubmittedVersion(number, day, None, ())
        for number, day in enumerate(("2010-06-07", "2010-07-01", "2010-08-20"))
    ]
    found = version_at_start(versions, start, "2026-11-25T10:00:00+00:00")
    assert (found and found.version) == version


def test_the_version_at_the_start_is_read_once_the_trial_has_begun(tmp_path):
    record = study(1, first_submitted="2026-06-07", start_date="2026-12-01")
    histories = {nct(1): History([("2026-06-07", [], record)])}
    kept = []
    with StandInRegistry([record], histories=histories) as registry:
        synced = SyncedFolder(tmp_path, registry)
        synced.run(table_of(*ids_of(1)))
        with closing(Database(tmp_path / "trials.db")) as database:
            trials = read_listed_trials(database)
            asked = Registry(registry.url, pace=0, sleep=lambda seconds: None)
            for day in ("2026-11-25", "2026-12-02", "2026-12-03"):
                now = f"{day}T10:00:00+00:00"
                requests = len(registry.requests)
                early = VersionHistory(asked, tmp_path / "history", lambda now=now: now)
                assert keep_early_versions(database, trials, early, now) == []
                kept.append([*read_early_versions(database, trials)[nct(1)]])
    assert kept == [[EarlyRole.FIRST], *2 * [[EarlyRole.AT_START, EarlyRole.FIRST]]]
    assert len(registry.requests) == requests


def test_the_version_at_the_start_is_read_again_when_the_start_is_revised(tmp_path):
    first = study(1, first_submitted="2025-06-07", start_date="2026-01-10")
    revised = study(
        1, first_submitted="2025-06-07", start_date="2026-09-10", last_update_submitted="2026-08-01"
    )
    planned = study(1, first_submitted="2025-06-07", start_date="2027-01-10")
    versions = [("2025-06-07", [], first), ("2026-08-01", ["Study Status"], revised)]
    now = "2026-11-25T10:00:00+00:00"
    kept = []
    with StandInRegistry([first], histories={nct(1): History(versions)}) as registry:
        SyncedFolder(tmp_path, registry).run(table_of(*ids_of(1)))
        with closing(Database(tmp_path / "trials.db")) as database:
            asked = Registry(registry.url, pace=0, sleep=lambda seconds: None)
            for record in (first, revised, revised, planned):
                requests = len(registry.requests)
                history = VersionHistory(asked, tmp_path / "history", lambda: now)
                trials = {nct(1): trial_of(record)}
                assert keep_early_versions(database, trials, history, now) == []
                early = read_early_versions(database, trials)[nct(1)]
                at_start = early.get(EarlyRole.AT_START)
                kept.append((at_start and at_start.version, len(registry.requests) > requests))
    assert [version for version, _ in kept] == [0, 1, 1, None]
    assert kept[2] == (1, False)


def test_what_a_partial_copy_lacks_is_unknown_and_not_absent():
    partial = replace(
        trial_of(study(1, first_submitted="2010-06-07", start_date=None)), complete=False
    )
    registration = Registration(nct(1), (nct(1),), (1,), partial, {})
    (texts,) = sheet_rows(
        [Dossier(registration, Evidence("2026-11-25", papers_day="2026-11-01"), {})]
    )
    cells = {column.heading: text for column, text in zip(COLUMNS, texts, strict=True)}
    for heading in ("Registration", "Results", "Arms", "Primary outcomes", "Criteria"):
        assert "Unknown: the copy at hand is not the whole record." in cells[heading], heading
    assert "No results posted" not in cells["Results"]


def test_an_early_version_of_another_shape_than_described_is_no_failure():
    odd = copy.deepcopy(NOW)
    odd["protocolSection"]["eligibilityModule"] = ["not", "an", "object"]
    early = {EarlyRole.FIRST: EarlyVersion(EarlyRole.FIRST, 0, "2010-06-07", odd)}
    registration = Registration(nct(1), (nct(1),), (1,), trial_of(NOW), NOW)
    evidence = Evidence("2026-11-25", early={nct(1): early})
    (texts,) = sheet_rows([Dossier(registration, evidence, {})])
    cells = {column.heading: text for column, text in zip(COLUMNS, texts, strict=True)}
    assert "First version (version 1, 7 June 2010): other wording than now" in cells["Criteria"]
