"""Real records and a real table: the number of requests, and no difference of mere vocabulary."""

import csv
from collections import Counter
from itertools import islice

import pytest

from enrich.compare.verdicts import compare_row
from enrich.models import Verdict
from enrich.record.fields import FIELDS, trial_of
from enrich.tables.reader import read_table
from tests.fixtures.corpus import TABLES, needs_corpus, read_records
from tests.fixtures.registry_server import NCT_ID, StandInRegistry, get_path, set_path
from tests.run.synced_folder import SyncedFolder, table_of

pytestmark = needs_corpus


# --- 500 real records


@pytest.fixture(scope="module")
def real_studies():
    return list(islice(read_records("studies.ndjson.gz"), 500))


def test_500_records_take_ten_requests_and_a_new_load_alone_changes_none(real_studies, tmp_path):
    ids = [get_path(study, NCT_ID) for study in real_studies]
    with StandInRegistry(real_studies) as registry:
        synced = SyncedFolder(tmp_path, registry)
        first = synced.run(table_of(*ids))
        assert (first.asked, first.new, first.not_checked) == (
            500,
            500,
            0,
        ) and first.requests == len(registry.requests) <= 10
        again = synced.run(table_of(*ids))
        assert (again.unchanged, again.requests) == (500, 1)
        registry.next_load()
        loaded = synced.run(table_of(*ids))
        assert (loaded.unchanged, loaded.changed) == (500, 0) and loaded.requests <= 10
    assert synced.count("versions") == 500 and synced.count("changes") == 0


# --- IntoValue: what a research project recorded in 2017 and 2020, against the registry of 2022

SAYS = {
    "recruitment_status": "overall_status",
    "phase": "phases",
    "enrollment": "enrollment",
    "main_sponsor": "lead_sponsor_class",
    "allocation": "allocation",
    "masking": "masking",
    "start_date": "start_date",
    "completion_date": "completion_date",
    "primary_completion_date": "primary_completion_date",
    "has_summary_results": "has_results",
    "summary_results_date": "results_first_submitted",
    "registration_date": "first_submitted",
}
DESCRIPTION = 'file = "t.csv"\npublished = 2020-06-03\nid_column = "id"\npadded_dates = true\n'


def _code(label):
    return label.upper().replace(" STATUS", "").replace(",", "").replace(" ", "_").replace("-", "_")


def _phases(label):
    return (
        ["NA"]
        if label == "Not Applicable"
        else [_code(phase).replace("PHASE_", "PHASE") for phase in label.split("/")]
    )


def _padded(day):
    """The project stores a month as its first day, on this side too."""
    return day[:7] if day.endswith("-01") else day


# column → how a record prints its value. "NA" is an absent value, except in the allocation.
RECORD_VALUE = {
    "phase": _phases,
    "enrollment": int,
    "recruitment_status": _code,
    "main_sponsor": _code,
    "allocation": _code,
    "masking": lambda label: _code(label.partition(" (")[0]),
    "has_summary_results": lambda label: label == "TRUE",
    **dict.fromkeys(("start_date", "completion_date", "primary_completion_date"), _padded),
}


def study_of(line):
    """A row of the registry's side as a record."""
    study = {}
    set_path(study, NCT_ID, line["id"])
    for column, field in SAYS.items():
        if line[column] != "NA" or column == "allocation":
            set_path(study, FIELDS[field].path, RECORD_VALUE.get(column, str)(line[column]))
    return study


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("intovalue")
    (folder / "t.csv").write_bytes((TABLES / "intovalue_T1_original.csv").read_bytes())
    says = "".join(f'[columns."{column}"]\nsays = ["{field}"]\n' for column, field in SAYS.items())
    (folder / "t.toml").write_text(DESCRIPTION + says)
    table = read_table(folder / "t.toml")
    with (TABLES / "intovalue_registry_2022-11-01.csv").open(encoding="utf-8") as file:
        trials = {line["id"]: trial_of(study_of(line)) for line in csv.DictReader(file)}
    return [
        comparison
        for row in table.rows
        for comparison in compare_row(table, row, trials[row.nct_id], row.nct_id)
    ]


def test_verdicts_are_printed_for_each_field(compared, capsys):
    """Prints the verdicts of each field, and the commonest differences."""
    with capsys.disabled():
        for field in SAYS.values():
            verdicts = Counter(
                comparison.verdict for comparison in compared if comparison.field == field
            )
            print(f"\n{field}: {dict(verdicts.most_common())}")
            kinds = Counter(
                (comparison.cell, comparison.registry)
                for comparison in compared
                if comparison.field == field
                and comparison.verdict in (Verdict.DIFFERS, Verdict.UNREADABLE)
            )
            for (cell, registry), number in kinds.most_common(12):
                print(f"   {number:3} × {cell} → {registry}")
    assert len(compared) > 3_000


def test_every_label_is_readable(compared):
    assert [
        comparison.cell for comparison in compared if comparison.verdict == Verdict.UNREADABLE
    ] == []


# field → label of 2017 → the codes that it may mean, as a person who knows the registry reads it.
MEANT = {
    "masking": {
        "Open Label": {"NONE"},
        "No masking": {"NONE"},
        "None (Open Label)": {"NONE"},
        "Single Blind": {"SINGLE"},
        "Single": {"SINGLE"},
        "Double Blind": {"DOUBLE", "TRIPLE", "QUADRUPLE"},
        "Double-Blind": {"DOUBLE", "TRIPLE", "QUADRUPLE"},
        "Double": {"DOUBLE"},
        "Triple": {"TRIPLE"},
        "Quadruple": {"QUADRUPLE"},
        "Participant, Care Provider, Investigator, Outcomes Assessor": {"QUADRUPLE"},
    },
    "allocation": {"Randomized": {"RANDOMIZED"}, "Non-Randomized": {"NON_RANDOMIZED", "NA"}},
    "lead_sponsor_class": {
        "Other": {"OTHER", "NETWORK", "INDIV", "OTHER_GOV", "UNKNOWN"},
        "Industry": {"INDUSTRY"},
    },
    "overall_status": {
        "Completed": {"COMPLETED"},
        "Unknown status": {"UNKNOWN"},
        "Terminated": {"TERMINATED"},
        "Suspended": {"SUSPENDED"},
    },
}


@pytest.mark.parametrize("field", MEANT)
def test_a_label_differs_exactly_where_its_meaning_does(compared, field):
    for comparison in compared:
        is_read = comparison.claim and comparison.verdict in (Verdict.AGREES, Verdict.DIFFERS)
        if comparison.field == field and is_read:
            means_the_same = comparison.registry in MEANT[field][comparison.cell]
            assert (comparison.verdict == Verdict.AGREES) == means_the_same, comparison


@pytest.mark.parametrize("field", ["start_date", "completion_date", "primary_completion_date"])
def test_dates_differ_by_a_month_or_by_two_printed_days(compared, field):
    for comparison in compared:
        if comparison.field == field and comparison.verdict == Verdict.DIFFERS:
            assert comparison.cell[:7] != comparison.registry[:7] or (
                not comparison.cell.endswith("-01") and len(comparison.registry) == 10
            ), comparison
