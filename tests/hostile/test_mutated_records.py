"""Mutated records: no traceback, and no verdict, number or date from a value of a wrong type."""

import datetime
import json
import re
import time
from collections import Counter
from itertools import islice

import orjson
import pytest

from enrich import reports
from enrich.changes.diff import diff
from enrich.compare.context import CONTEXT_FIELDS, context_of_row
from enrich.compare.display import fact_text
from enrich.compare.rules import RULES
from enrich.compare.verdicts import compare_field, compare_row
from enrich.errors import CacheError, EnrichError
from enrich.models import Column, Row, Table, Verdict
from enrich.record.children import facts_and_children
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of, nct_id_of
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from enrich.storage.trials import read_study, read_trials
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.mutated_records import Mutant, mutants
from tests.fixtures.registry_server import get_path, set_path
from tests.fixtures.rendered import rendered
from tests.fixtures.studies import nct, site, study

COLUMNS = (
    *(Column(name, says=(name,)) for name in RULES),
    Column("beside", shows=tuple(CONTEXT_FIELDS)),
)
VERDICTS = tuple(Verdict)
CONTEXT_CELL = "12 weeks; 50 × 106 cells; Doe et al. 2001; (3/4)"


# --- the values that a field may have: written again on purpose, independent of fields.py


def _is_day(value):
    if not isinstance(value, str) or not re.fullmatch(
        r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}([T ].*)?)?)?", value, re.DOTALL
    ):
        return False
    try:
        return bool(datetime.date.fromisoformat(f"{value}-01-01"[:10]))
    except ValueError:
        return False


def _is_count(value):
    if isinstance(value, str):
        return bool(re.fullmatch("[0-9]{1,10}", value))
    return type(value) is int and 0 <= value < 10**10


FITS = {
    "text": lambda value: isinstance(value, str),
    "day": _is_day,
    "count": _is_count,
    "boolean": lambda value: isinstance(value, bool),
    "texts": lambda value: (
        isinstance(value, list) and all(isinstance(entry, str | None) for entry in value)
    ),
}


def has_wrong_shape(record, name):
    """Whether the value at the path of a field, or above it, has a wrong type."""
    node, steps = record, FIELDS[name].path.replace("[]", ".[]").split(".")
    nodes = [record]
    for step in steps:
        if step == "[]":
            if any(not isinstance(node, list | None) for node in nodes):
                return True
            nodes = [entry for node in nodes for entry in node or ()]
        elif any(not isinstance(node, dict | None) for node in nodes):
            return True
        else:
            nodes = [(node or {}).get(step) for node in nodes]
    if "[]" in steps:
        return not all(isinstance(node, str | None) for node in nodes)
    (node,) = nodes
    return node is not None and not FITS[FIELDS[name].read.__name__](node)


# field → further facts that its rule reads.
DEPENDS_ON = {
    "conditions": ("keywords", "condition_mesh"),
    "brief_title": ("official_title",),
    "official_title": ("brief_title",),
}


def cells_of(original):
    """Three rows: one that prints the record's facts, one that prints others, an empty one."""
    trial = trial_of(original)
    return [
        {
            column.name: fact_text(column.name, trial[column.name])
            if column.says and trial[column.name] is not None
            else CONTEXT_CELL
            for column in COLUMNS
        },
        {column.name: OTHER.get(column.name, CONTEXT_CELL) for column in COLUMNS},
        {column.name: "" for column in COLUMNS},
    ]


OTHER = {
    **dict.fromkeys(
        (
            "start_date",
            "primary_completion_date",
            "completion_date",
            "first_submitted",
            "first_posted",
            "last_update_posted",
        ),
        "1999-01-02",
    ),
    **{
        "study_type": "Observational",
        "phases": "Phase 4",
        "allocation": "Randomized",
        "masking": "Quadruple",
        "enrollment": "424242",
        "sex": "Female",
    },
    **{
        "minimum_age": "≥ 7 years",
        "maximum_age": "< 9 days",
        "conditions": "Psoriasis",
        "brief_title": "Quite another title",
        "has_results": "no",
    },
}


def table_of(cells):
    row = Row(1, cells, ("NCT00000001",), "2021-03-09")
    return Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="id",
        header=tuple(cells),
        columns=COLUMNS,
        rows=(row,),
        published="2021-03-09",
    ), row


def count_verdicts(original, mutant):
    """Counts the verdicts on one mutant, and checks digest, diff and context notes on the way."""
    try:
        trial = trial_of(mutant.study)
        digest_of(mutant.study)
    except EnrichError as error:
        return Counter([type(error).__name__])
    assert digest_of(mutant.study) == digest_of(orjson.loads(orjson.dumps(mutant.study)))
    assert all(
        change.before != change.after
        for change in (*diff(original, mutant.study), *diff(mutant.study, original))
    )
    assert diff(mutant.study, mutant.study) == []
    found = Counter()
    for cells in cells_of(original):
        table, row = table_of(cells)
        for note in context_of_row(table, row, mutant.study, trial.nct_id):
            assert isinstance(note.registry, str) and isinstance(note.note, str | None)
        for column in COLUMNS:
            for name in column.says:
                found[checked_verdict(column, name, cells[name], trial, mutant)] += 1
    return found


def checked_verdict(column, name, cell, trial, mutant):
    comparison = compare_field(column, name, cell, trial)
    assert (name in trial.faults) == has_wrong_shape(mutant.study, name), (
        name,
        mutant.kinds,
        mutant.places,
        trial.faults.get(name),
    )
    if name in trial.faults:
        assert comparison.verdict == Verdict.UNREADABLE or (
            comparison.verdict == Verdict.NOT_CHECKED and FIELDS[name].path in comparison.note
        ), (name, comparison)
    if any(has_wrong_shape(mutant.study, field) for field in DEPENDS_ON.get(name, ())):
        assert comparison is None or comparison.verdict not in (
            Verdict.AGREES,
            Verdict.DIFFERS,
        ), (name, comparison)
    return comparison.verdict if comparison else None


# --- through the whole tool, without a network


def round_trip(folder, batch):
    """Runs over a cache with the records, then over one with their mutants, each with its own id."""
    copies = [
        (nct(number), *(with_id(nct(number), record) for record in (original, mutant.study)))
        for number, (original, mutant) in enumerate(batch, 1)
    ]
    rows = tuple(
        Row(number, cells_of(original)[number % 2], (nct(number),), "2021-03-09")
        for number, (original, _) in enumerate(batch, 1)
    )
    table = Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="id",
        header=tuple(rows[0].cells),
        columns=COLUMNS,
        rows=rows,
        published="2021-03-09",
    )
    database, cache = Database(folder / "trials.db"), Cache(folder / "cache")
    for day, which in (("2026-01-01", 0), ("2026-01-02", 1)):
        for nct_id, *records in copies:
            write_copy(cache, nct_id, records[which], day)
        run = sync([table], None, database, cache, clock=lambda day=day: f"{day}T00:00:00+00:00")
    for nct_id, _, mutant in copies:
        assert_stored(database, nct_id, mutant)
    report = read_report(database, run, with_timelines=True)
    assert all(rendered(name, report, show_all=True) for name in reports.FORMATS)
    database.close()


def with_id(nct_id, record):
    """A copy of a record with another id, if it has an id."""
    copied = orjson.loads(json.dumps(record))
    if isinstance(at_or_none(copied, NCT_ID), str):
        set_path(copied, NCT_ID, nct_id)
    return copied


NCT_ID = "protocolSection.identificationModule.nctId"


def at_or_none(record, path):
    try:
        return get_path(record, path)
    except (AttributeError, TypeError, KeyError):
        return None


def write_copy(cache, nct_id, record, day):
    """Writes a copy to the cache without checking it, as another program might."""
    cache.folder.mkdir(exist_ok=True)
    envelope = {
        "retrieved_at": f"{day}T00:00:00+00:00",
        "source": "test",
        "complete": True,
        "study": record,
    }
    (cache.folder / f"{nct_id}.json").write_text(json.dumps(envelope))


def assert_stored(database, nct_id, mutant):
    """A usable record is stored as it is; otherwise the last good copy remains."""
    kept = read_trials(database)[nct_id]
    try:
        digest_of(mutant)
        expected = facts_and_children(mutant) if nct_id_of(mutant) == nct_id else None
    except EnrichError:
        expected = None
    if expected:
        assert kept == expected[0]
        newest = max(
            row["version"]
            for row in database.fetch_dicts("select version from versions where nct_id = ?", nct_id)
        )
        assert digest_of(read_study(database, nct_id, newest)) == digest_of(mutant)


# --- invented records


def invented():
    """Three records that together have every fact that the tool reads."""
    plain = study(
        1,
        brief_title="Rest",
        official_title="A trial of rest",
        acronym="REST",
        conditions=["Psoriasis", "Tiredness"],
        keywords=["sleep"],
        sex="ALL",
    )
    rich = study(
        2,
        minimum_age="18 Years",
        maximum_age="65 Years",
        masking="DOUBLE",
        allocation="RANDOMIZED",
        healthy_volunteers=True,
        lead_sponsor="Nobody Ltd",
    )
    ended = study(
        3,
        overall_status="UNKNOWN",
        last_known_status="RECRUITING",
        status_verified="2018-01",
        completion_date="2019-05-01",
        why_stopped="No funds",
    )
    for number, record in enumerate((plain, rich, ended)):
        set_path(
            record,
            "protocolSection.contactsLocationsModule.locations",
            [site(position) for position in range(number + 1)],
        )
        set_path(
            record,
            "protocolSection.outcomesModule.primaryOutcomes",
            [
                {"measure": "Hours", "timeFrame": "12 weeks"},
                {"measure": "Days", "timeFrame": "1 year"},
            ],
        )
        set_path(
            record,
            "protocolSection.armsInterventionsModule.interventions",
            [{"name": "Bed", "type": "DEVICE", "description": "5 x 10^6 cells"}],
        )
        set_path(
            record,
            "protocolSection.referencesModule.references",
            [{"pmid": "1", "type": "RESULT", "citation": "Doe J. Rest. 2001."}],
        )
        set_path(
            record,
            "derivedSection.conditionBrowseModule.meshes",
            [{"id": "D1", "term": "Psoriasis"}],
        )
        set_path(record, "protocolSection.identificationModule.nctIdAliases", ["NCT00000009"])
    return [plain, rich, ended]


SEED = 20_261_122


def test_mutants_of_invented_records_get_no_wrong_verdict(record_property):
    found = sum((count_verdicts(*pair) for pair in mutants(invented(), 300, SEED)), Counter())
    record_property("tried", ("mutants of invented records", {"mutants": 300, **summary(found)}))
    assert {
        Verdict.AGREES,
        Verdict.DIFFERS,
        Verdict.NOT_CHECKED,
        Verdict.UNREADABLE,
        "UnexpectedShape",
    } <= {*found}


def test_mutants_of_invented_records_pass_through_a_whole_run(tmp_path):
    round_trip(tmp_path, list(mutants(invented(), 40, SEED)))


# --- faults that mutants and long texts have found


def fault_of(**facts):
    (fault,) = trial_of(study(1, **facts)).faults.values()
    return fault


@pytest.mark.parametrize(
    "facts, message",
    [
        pytest.param(
            {"completion_date": "2027-13"},
            "statusModule.completionDateStruct.date: '2027-13' is not a date",
            id="a thirteenth month",
        ),
        pytest.param({"completion_date": "2021-02-30"}, "not a date", id="a thirtieth of February"),
        pytest.param(
            {"completion_date": "２０２１-０３"},
            "not a date",
            id="digits that only look like a year",
        ),
        pytest.param(
            {"enrollment": 2**64 - 1},
            "enrollmentInfo.count: 18446744073709551615 is not a number of people",
            id="more than the database can hold",
        ),
        pytest.param({"enrollment": -1}, "not a number of people", id="fewer than nobody"),
        pytest.param({"enrollment": 12.0}, "float where int", id="a fraction"),
    ],
)
def test_an_impossible_value_is_a_fault_that_names_its_path(facts, message):
    assert message in fault_of(**facts)


def test_titles_and_conditions_are_not_checked_if_a_related_fact_cannot_be_read():
    trial = trial_of(study(1, conditions=["Asthma"], keywords="psoriasis", official_title=7))
    for name, cell in (("conditions", "Psoriasis"), ("brief_title", "Another title")):
        comparison = compare_field(Column(name, (name,)), name, cell, trial)
        assert comparison.verdict == Verdict.NOT_CHECKED
        assert "cannot be read here: protocolSection" in comparison.note


def test_a_publication_of_an_unknown_shape_is_a_change():
    before, after = study(1), study(1)
    set_path(after, "protocolSection.referencesModule.references", [{"pmid": 1, "type": {"a": 1}}])
    assert [change.field for change in diff(before, after)] == ["publications"]


def test_facts_of_a_wrong_type_are_not_shown_beside_a_cell():
    record = study(1)
    set_path(
        record,
        "protocolSection.outcomesModule.primaryOutcomes",
        [{"measure": "a", "timeFrame": ["12 weeks"]}],
    )
    set_path(
        record, "protocolSection.armsInterventionsModule.interventions", [{"name": None, "type": 3}]
    )
    table, row = table_of(cells_of(record)[0])
    assert {note.field: note.registry for note in context_of_row(table, row, record, nct(1))} == {
        "interventions": ": ",
        "has_results": "no results posted",
    }


@pytest.mark.parametrize("depth", [260, 900])
def test_a_record_nested_too_deep_is_refused_with_its_id(tmp_path, depth):
    record = study(1)
    set_path(
        record,
        "derivedSection.miscInfoModule.versionHolder",
        orjson.loads("[" * depth + "]" * depth),
    )
    write_copy(Cache(tmp_path), nct(1), record, "2026-01-01")
    with pytest.raises(CacheError, match="NCT00000001"):
        Cache(tmp_path).read(nct(1))


@pytest.mark.parametrize("date", ["9999-12-31", "9999-12", "0001-01-01"])
def test_a_date_at_the_end_of_the_calendar_passes_through_a_whole_run(tmp_path, date):
    record = study(
        1,
        start_date=date,
        completion_date=date,
        status_verified=date,
        overall_status="UNKNOWN",
        last_known_status="RECRUITING",
        phases=["PHASE1"],
    )
    round_trip(tmp_path, [(record, Mutant(record, (), ()))])


LONG = 20_000
SLOW_TEXTS = (
    "1",
    "1 ",
    "1-",
    " ",
    "\n",
    "(",
    "NCT",
    "Aa-",
    "Aa ",
    "1 x 10",
    "1 ± ",
    "- ",
    "Phase 1/",
    "<a",
)


@pytest.mark.parametrize("text", SLOW_TEXTS)
def test_reading_a_cell_takes_time_proportional_to_its_length(text):
    """20,000 digits in a time frame once took minutes. The bound is wide for slow machines."""
    record = study(1, conditions=[text * LONG])
    set_path(
        record,
        "protocolSection.outcomesModule.primaryOutcomes",
        [{"measure": "a", "timeFrame": text * LONG}],
    )
    set_path(
        record,
        "protocolSection.referencesModule.references",
        [{"citation": text * LONG, "type": "RESULT"}],
    )
    begun = time.process_time()
    cell = (text * LONG)[:LONG]
    table, row = table_of(dict.fromkeys(cells_of(record)[0], cell))
    context_of_row(table, row, record, nct(1))
    compare_row(table, row, trial_of(record), nct(1))
    assert time.process_time() - begun < 10


def test_a_number_of_5000_digits_is_unreadable():
    for name in ("enrollment", "minimum_age", "maximum_age"):
        comparison = compare_field(Column(name, (name,)), name, "9" * 5000, None)
        assert comparison.verdict == Verdict.UNREADABLE


# --- real records


REAL_PARTS = range(10)
MUTANTS = 1000 * len(REAL_PARTS)


@pytest.mark.long
@pytest.mark.parametrize("part", REAL_PARTS)
class TestRealRecords:
    pytestmark = needs_corpus

    def test_1000_mutants(self, part, record_property):
        originals = list(islice(read_records("studies.ndjson.gz"), part * 60, part * 60 + 60))
        found = sum(
            (count_verdicts(*pair) for pair in mutants(originals, 1000, SEED + part)), Counter()
        )
        record_property("tried", ("mutants of real records", {"mutants": 1000, **summary(found)}))
        assert {Verdict.AGREES, Verdict.DIFFERS, Verdict.NOT_CHECKED} <= {*found}

    def test_1000_mutants_through_the_whole_tool(self, part, tmp_path, record_property):
        originals = list(islice(read_records("studies.ndjson.gz"), part * 60, part * 60 + 60))
        round_trip(tmp_path, list(mutants(originals, 1000, SEED + part)))
        record_property(
            "tried", ("mutants of real records through the whole tool", {"mutants": 1000})
        )


def summary(found):
    """How many records were refused, and how many cells got each verdict."""
    counts = {str(verdict): found[verdict] for verdict in VERDICTS}
    refused = sum(found[error] for error in found if error not in (*VERDICTS, None))
    return {"refused": refused, "verdicts": sum(counts.values()), **counts}
