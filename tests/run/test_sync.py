"""Whole runs against a registry on loopback: what is asked, what is kept, and that every trial is accounted for."""

import json
import shutil
import socket
from importlib import import_module

import pytest

from enrich.models import Column, Row, Table
from enrich.registry.client import Registry
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures.registry_server import (
    ALIASES,
    FAULTS,
    NCT_ID,
    StandInRegistry,
    alter_content,
    get_path,
    set_path,
)
from tests.fixtures.studies import nct, study


def table_of(*ids, name="t", cell="Phase 2"):
    """A table that prints these ids, one a row, and the same phase for each."""
    rows = tuple(
        Row(position, {"NCT ID": nct_id, "Phase": cell}, (nct_id,), "2021-02-14")
        for position, nct_id in enumerate(ids, 1)
    )
    return Table(
        name=name,
        title=name,
        file=f"{name}.csv",
        id_column="NCT ID",
        header=("NCT ID", "Phase"),
        columns=(Column("Phase", ("phases",)),),
        rows=rows,
    )


_CONTENT = {
    "facts": "nct_id, brief_title, overall_status, enrollment, data_timestamp, stale_since, gone_since from trials order by nct_id",
    "versions": "nct_id, version, digest, study from versions order by 1, 2",
    "answers": "nct_id, trial_id, answer, load, outcome from answers order by 1",
    "changes": "nct_id, version, field, before, after, kind from changes order by 1, 2, 3",
    "comparisons": "row_id, nct_id, field, claim, registry, verdict from comparisons order by 1, 2",
}


class Kept:
    """A database and a cache in *folder*, brought up to date from *registry* as often as wanted."""

    def __init__(self, folder, registry, **asking):
        self.folder = folder
        self.url = registry.url
        self.asking = {"pace": 0, "sleep": lambda seconds: None, **asking}
        self.day = 0

    def now(self):
        return f"2026-11-{self.day:02}T10:00:00+00:00"

    def report(self, *tables, offline=False, told=lambda done, of: None):
        """The report of one more run, a day later."""
        self.day += 1
        database = Database(self.folder / "trials.db")
        try:
            asks = None if offline else Registry(self.url, **self.asking)
            return read_report(
                database,
                sync(
                    tables,
                    asks,
                    database,
                    Cache(self.folder / "cache"),
                    clock=self.now,
                    on_progress=told,
                ),
            )
        finally:
            database.close()

    def run(self, *tables, offline=False):
        """How one more run went; its accounts always add up."""
        told = self.report(*tables, offline=offline).run
        assert told.asked == told.changed + told.unchanged + told.new + told.gone + told.not_checked
        return told

    def rows(self, sql, *parameters):
        database = Database(self.folder / "trials.db")
        try:
            return [tuple(row.values()) for row in database.fetch_dicts(sql, *parameters)]
        finally:
            database.close()

    def count(self, table):
        return self.rows(f"select count(*) from {table}")[0][0]

    def content(self):
        """All that is known, but for when it was found out."""
        return {name: self.rows(f"select {what}") for name, what in _CONTENT.items()}


@pytest.fixture
def registry():
    """Five hundred small studies; the first absorbed NCT00900001."""
    with StandInRegistry([study(1, aliases=[nct(900_001)]), *map(study, range(2, 501))]) as standin:
        yield standin


@pytest.fixture
def kept(tmp_path, registry):
    return Kept(tmp_path, registry)


def ids_of(*numbers):
    return tuple(map(nct, numbers))


ALL = table_of(*ids_of(*range(1, 501)))
SOME = table_of(*ids_of(*range(1, 26)))
GATE = 1


@pytest.fixture
def small_batches(monkeypatch):
    """Ten ids a request, so that a few records make a walk of several pages."""
    monkeypatch.setattr("enrich.run.fetch.BATCH", 10)


# --- what is asked


def test_500_ids_take_six_requests_then_one_and_a_mere_load_changes_nothing(kept, registry):
    first = kept.run(ALL)
    assert (first.new, first.requests, first.retries) == (500, GATE + 5, 0) and len(
        registry.requests
    ) == first.requests
    again = kept.run(ALL)
    assert (again.unchanged, again.requests, registry.requests[-1].kind) == (500, GATE, "gate")
    registry.next_load()
    loaded = kept.run(ALL)
    assert (loaded.unchanged, loaded.requests, loaded.data_timestamp) == (
        500,
        GATE + 5,
        registry.loaded,
    )
    assert (kept.count("versions"), kept.count("changes"), kept.count("trials")) == (500, 0, 500)


def test_a_mere_load_rewrites_no_copy(kept, registry, tmp_path):
    kept.run(SOME)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    registry.next_load()
    kept.run(SOME)
    assert {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()
    } == before and len(before) == 25


def test_without_a_new_load_only_new_ids_are_asked_for(kept, registry):
    kept.run(table_of(*ids_of(2, 3)))
    registry.requests.clear()
    told = kept.run(table_of(*ids_of(2, 3, 4)))
    assert (told.new, told.unchanged) == (1, 2)
    assert [asked.query.get("filter.ids") for asked in registry.requests] == [None, nct(4)]


def test_two_tables_that_share_a_trial_fetch_it_once(kept, registry):
    told = kept.run(table_of(*ids_of(2, 3), name="a"), table_of(*ids_of(3, 4), name="b"))
    assert (told.asked, told.requests) == (3, GATE + 1) and registry.requests[-1].query[
        "filter.ids"
    ] == ",".join(ids_of(2, 3, 4))
    assert kept.rows("select count(*) from comparisons where nct_id = ?", nct(3)) == [(2,)]


def test_a_registry_without_etags_is_gated_after_every_answer(tmp_path):
    with StandInRegistry([study(number) for number in range(1, 201)], etag=False) as registry:
        kept = Kept(tmp_path, registry)
        ids = table_of(*ids_of(*range(1, 201)))
        assert (kept.run(ids).new, [asked.kind for asked in registry.requests]) == (
            200,
            ["gate", "batch", "gate", "batch", "gate"],
        )
        assert kept.run(ids).requests == GATE


# --- what became of an id


def test_alias_unknown_and_plain_id_are_told_apart_in_words(kept, registry):
    report = kept.report(table_of(*ids_of(900_001, 2, 77_777)))
    assert (report.run.asked, report.run.new, report.run.gone, report.run.not_checked) == (
        3,
        2,
        1,
        0,
    )
    assert {(problem.kind, problem.nct_id) for problem in report.problems} == {
        ("merged", nct(900_001)),
        ("unknown", nct(77_777)),
    }
    assert {problem.kind: nct(1) in problem.message for problem in report.problems} == {
        "merged": True,
        "unknown": False,
    }
    assert [row.trial and row.trial.nct_id for row in report.tables[0].rows] == [
        nct(1),
        nct(2),
        None,
    ]
    assert kept.rows("select nct_id, trial_id, status from merged order by row") == [
        (nct(900_001), nct(1), "RECRUITING"),
        (nct(2), nct(2), "RECRUITING"),
        (nct(77_777), None, "unknown"),
    ]


def claim(registry, claimed, by):
    registry.change(nct(by), lambda study: set_path(study, ALIASES, [nct(claimed)]))


def leave_out(*numbers):
    def edit(content, handler):
        content["studies"] = [
            one for one in content["studies"] if get_path(one, NCT_ID) not in ids_of(*numbers)
        ]

    return alter_content(edit)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    ("claimed", "by"), [(5, 6), (6, 5), (3, 15), (15, 3), (7, 480)], ids=lambda number: str(number)
)
@pytest.mark.parametrize("first_night", [True, False])
def test_who_answers_for_himself_is_never_called_merged_because_another_record_claims_him(
    kept, registry, claimed, by, first_night
):
    if not first_night:
        kept.run(SOME)
        registry.next_load()
    claim(registry, claimed, by)
    registry.requests.clear()
    report = kept.report(SOME)
    assert (report.run.not_checked, report.run.requests, report.problems) == (0, GATE + 3, ())
    assert kept.rows("select trial_id, answer from answers where nct_id = ?", nct(claimed)) == [
        (nct(claimed), "found")
    ]
    assert kept.rows("select count(*) from changes where field = 'record'") == [(0,)]


def test_a_claim_about_a_trial_that_was_there_is_confirmed_by_one_request(kept, registry):
    """Its batch leaves it out, and another record claims it; asked for by itself it is still there."""
    kept.run(SOME)
    registry.next_load(), claim(registry, 5, by=6)
    registry.fail(leave_out(5), on="batch", times=None)
    report = kept.report(SOME)
    assert (report.run.not_checked, report.run.requests, report.problems) == (0, GATE + 2, ())
    assert kept.rows("select trial_id, answer from answers where nct_id = ?", nct(5)) == [
        (nct(5), "found")
    ]


def test_a_claim_that_cannot_be_confirmed_leaves_the_trial_unchecked(kept, registry):
    kept.run(SOME)
    registry.next_load(), registry.merge(nct(5), nct(6))
    registry.fail("500", on="single", times=None)
    report = kept.report(SOME)
    assert [(one.kind, one.nct_id) for one in report.problems] == [
        ("not checked", nct(5))
    ] and report.run.not_checked == 1


@pytest.mark.parametrize(
    "submitted", [True, False], ids=["with an update", "changed otherwise, too, without an update"]
)
def test_a_merger_is_confirmed_once_and_then_believed(kept, registry, submitted):
    kept.run(SOME)
    registry.next_load(), registry.merge(nct(5), nct(6))
    if not submitted:
        registry.change(
            nct(6),
            lambda study: set_path(
                study, "protocolSection.designModule.enrollmentInfo.count", 9999
            ),
        )
    registry.requests.clear()
    told = kept.run(SOME)
    asked = [asked.path.rpartition("/")[2] for asked in registry.requests if asked.kind == "single"]
    assert (told.changed, told.unchanged, told.not_checked, asked) == (2, 23, 0, [*ids_of(5, 6)])
    assert kept.rows("select nct_id, after from changes where field = 'record'") == [
        (nct(6), f"merged into {nct(6)}")
    ]
    registry.next_load()
    assert kept.run(SOME).requests == GATE + 1 and kept.rows(
        "select answer from answers where nct_id = ?", nct(5)
    ) == [("merged",)]


def test_a_record_that_goes_and_comes_back(kept, registry):
    kept.run(table_of(*ids_of(2, 3)))
    registry.remove(nct(3)), registry.next_load()
    report = kept.report(table_of(*ids_of(2, 3)))
    assert (report.run.gone, report.run.unchanged) == (1, 1) and [
        (one.kind, one.nct_id) for one in report.problems
    ] == [("gone", nct(3))]
    registry.next_load()
    assert (kept.run(table_of(*ids_of(2, 3))).gone, kept.count("changes")) == (1, 1)
    registry._studies[nct(3)] = study(3)
    registry.next_load()
    back = kept.report(table_of(*ids_of(2, 3)))
    assert (back.run.gone, back.run.not_checked, back.problems) == (0, 0, ())
    assert kept.rows("select field, after, kind from changes") == [
        ("record", "removed", "material"),
        ("record", "in the registry again", "material"),
    ]
    assert (
        kept.rows("select gone_since from trials where nct_id = ?", nct(3)) == [(None,)]
        and kept.count("versions") == 2
    )


def test_an_ordinary_night(kept, registry):
    ids = table_of(*ids_of(*range(1, 101)))
    registry.change(
        nct(50),
        lambda study: set_path(
            study,
            "protocolSection.contactsLocationsModule.locations",
            [{"city": "Sevilla", "geoPoint": {"lat": 1.0, "lon": 2.0}}],
        ),
    )
    kept.run(ids)
    night = registry.ordinary_night()
    told = kept.run(ids)
    assert (told.changed, told.unchanged, told.gone, told.new, told.not_checked) == (4, 95, 1, 0, 0)
    lines = {
        (nct_id, field, kind)
        for nct_id, field, kind in kept.rows("select nct_id, field, kind from changes")
    }
    assert {
        (night["geo_point"], "locations.geoPoint", "noise"),
        (night["unknown"], "overall_status", "material"),
        (night["unknown"], "last_known_status", "minor"),
        (night["reference"], "publications", "material"),
        (night["changed"], "enrollment", "material"),
        (night["removed"], "record", "material"),
        (night["merged_into"], "record", "material"),
    } <= lines
    assert {nct_id for nct_id, *_ in lines} == set(night.values()) - {night["merged"]}


# --- runs cut off


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [10, 20, 25])
def test_a_run_cut_off_is_taken_up_where_it_stopped(tmp_path, registry, after):
    whole, cut = Kept(tmp_path / "whole", registry), Kept(tmp_path / "cut", registry)
    whole.run(SOME)
    registry.requests.clear()

    def stop(done, of):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut.report(SOME, told=stop)
    told = cut.run(SOME)
    asked = [
        nct_id
        for request in registry.requests
        for nct_id in request.query.get("filter.ids", "").split(",")
        if nct_id
    ]
    # Of a run cut off only the batch that was on its way is asked again.
    again = SOME.nct_ids[after : after + 10]
    assert sorted(asked) in (sorted(SOME.nct_ids), sorted([*SOME.nct_ids, *again]))
    assert (told.id, told.new, told.requests) == (1, 25, 2 * GATE + 3 + bool(again))
    assert cut.content() == whole.content()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    "spot",
    [
        "fetch.save_decisions",
        "fetch.save_answers",
        "sync.save_comparisons",
        "sync.finish_run",
    ],
)
def test_a_run_cut_off_anywhere_gives_the_same_database(tmp_path, registry, spot, monkeypatch):
    whole, cut = Kept(tmp_path / "whole", registry), Kept(tmp_path / "cut", registry)
    for one in (whole, cut):
        one.run(table_of(*ids_of(*range(1, 16))))
    registry.change(
        nct(7),
        lambda study: set_path(study, "protocolSection.designModule.enrollmentInfo.count", 7),
    )
    registry.next_load()
    whole.run(SOME)
    with monkeypatch.context() as patch:
        module, name = spot.split(".")
        module = import_module(f"enrich.run.{module}")
        patch.setattr(module, name, broken_off(getattr(module, name)))
        with pytest.raises(KeyboardInterrupt):
            cut.report(SOME)
    told = cut.run(SOME)
    assert (told.id, told.changed, told.new, told.unchanged) == (2, 1, 10, 14)
    assert cut.content() == whole.content()


def broken_off(method):
    """A method that does its work, and then the power fails."""

    def wrapped(*arguments, **options):
        method(*arguments, **options)
        raise KeyboardInterrupt

    return wrapped


# --- loads in the middle


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_load_in_the_middle_of_a_walk_leaves_nothing_mixed(kept, registry, after):
    registry.fail("reload", on="batch", after=after)
    told = kept.run(SOME)
    assert (told.new, told.not_checked, told.data_timestamp) == (25, 0, registry.loaded)
    assert kept.rows("select distinct load from answers") == [(registry.etag,)]
    assert told.requests == GATE + after + 1 + GATE + 3


@pytest.mark.usefixtures("small_batches")
def test_a_registry_that_is_loaded_again_and_again_ends_the_run_with_what_it_has(kept, registry):
    registry.fail("reload", on="batch", times=None)
    told = kept.run(SOME)
    assert (told.outcome, told.not_checked) == ("partial", 25) and told.requests < 12
    registry.heal()
    assert kept.run(SOME).outcome == "complete"


# --- faults


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    "fault",
    sorted(
        set(FAULTS)
        - {
            "drip",
            "drip-headers",
            "silence",
            "huge",
            "gzip-bomb",
            "reload",
            "no-etag",
            "redirect-loop",
        }
    ),
)
def test_one_fault_on_the_way_never_loses_or_mixes_anything(tmp_path, registry, fault):
    """A passing fault is got over; one that lasts for a request leaves its trials to the next run, and each has its problem."""
    kept, plain = Kept(tmp_path / "kept", registry), Kept(tmp_path / "plain", registry)
    plain.run(SOME)
    registry.fail(fault, on="batch", after=1)
    report = kept.report(SOME)
    unchecked = {problem.nct_id for problem in report.problems if problem.kind == "not checked"}
    assert len(unchecked) == report.run.not_checked <= 10
    assert (report.run.outcome == "complete") == (not unchecked)
    registry.heal()
    registry.requests.clear()
    assert kept.run(SOME).not_checked == 0
    asked = {
        nct_id
        for request in registry.requests
        for nct_id in request.query.get("filter.ids", "").split(",")
        if nct_id
    }
    assert asked == unchecked
    assert [one[:2] for one in kept.content()["answers"]] == [
        one[:2] for one in plain.content()["answers"]
    ]
    assert kept.content()["facts"] == plain.content()["facts"] or fault == "nul"


@pytest.mark.usefixtures("small_batches")
def test_a_batch_that_is_refused_for_good_leaves_the_others_alone(kept, registry):
    registry.fail("500", on="batch", times=5)
    report = kept.report(SOME)
    assert (report.run.outcome, report.run.new, report.run.not_checked) == ("partial", 15, 10)
    assert {problem.nct_id for problem in report.problems} == set(
        ids_of(*range(1, 11))
    ) and "500" in report.problems[0].message
    assert kept.rows("select distinct run_id, first_seen from problems") == [(1, kept.now())]


@pytest.mark.usefixtures("small_batches")
def test_a_client_that_is_refused_twice_asks_no_more(kept, registry):
    registry.fail("403-html", times=None, after=1)
    told = kept.run(SOME)
    assert (told.outcome, told.not_checked, told.requests) == ("partial", 25, GATE + 2)


@pytest.mark.usefixtures("small_batches")
def test_a_registry_that_stops_answering_is_left_alone(kept, registry):
    registry.fail("reset", on="batch", times=None)
    report = kept.report(table_of(*ids_of(*range(1, 101))))
    assert report.run.not_checked == 100 and len(registry.requests) == GATE + 3 * 5
    assert len({problem.nct_id for problem in report.problems}) == 100


# --- no registry


def closed():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_an_unreachable_registry_with_copies(kept, registry):
    ids = table_of(*ids_of(2, 3))
    kept.run(ids)
    kept.url = closed()
    lost = kept.report(ids)
    since = kept.now()
    assert (lost.run.outcome, lost.run.not_checked) == ("unreachable", 2)
    assert {(one.kind, one.nct_id) for one in lost.problems} == {
        ("unreachable", None),
        ("not checked", nct(2)),
        ("not checked", nct(3)),
    }
    assert all(row.comparisons and row.stale_since == since[:10] for row in lost.tables[0].rows)
    again = kept.report(ids)
    assert {row.stale_since for row in again.tables[0].rows} == {since[:10]} and {
        one.first_seen for one in again.problems
    } == {since}
    kept.url = registry.url
    assert kept.run(ids).unchanged == 2 and kept.rows(
        "select distinct stale_since from trials"
    ) == [(None,)]


def test_an_unreachable_registry_without_copies(kept):
    kept.url = closed()
    report = kept.report(table_of(*ids_of(2, 3)))
    assert (report.run.outcome, report.run.not_checked) == ("unreachable", 2)
    assert {row.trial for row in report.tables[0].rows} == {None}
    assert {one.verdict for row in report.tables[0].rows for one in row.comparisons} == {
        "not checked"
    }


def test_a_lost_database_is_rebuilt_from_the_copies(kept, tmp_path):
    kept.run(SOME)
    before = kept.content()
    (tmp_path / "trials.db").unlink()
    told = kept.run(SOME, offline=True)
    assert (told.outcome, told.not_checked, told.requests) == ("offline", 25, 0)
    after = kept.content()
    assert after["comparisons"] == before["comparisons"] and [
        one[:5] for one in after["facts"]
    ] == [one[:5] for one in before["facts"]]
    assert [one[:3] for one in after["versions"]] == [one[:3] for one in before["versions"]]


def test_a_damaged_copy_is_named_and_fetched_anew(kept, registry, tmp_path):
    ids = table_of(*ids_of(2, 3))
    kept.run(ids)
    (tmp_path / "trials.db").unlink()
    (tmp_path / "cache" / f"{nct(2)}.json").write_text("{")
    offline = kept.report(ids, offline=True)
    assert [(one.kind, one.nct_id) for one in offline.problems if one.kind == "cache"] == [
        ("cache", nct(2))
    ]
    assert [row.trial is None for row in offline.tables[0].rows] == [True, False]
    assert kept.run(ids).not_checked == 0 and Cache(tmp_path / "cache").read(nct(2))


@pytest.mark.parametrize("newer", [True, False])
def test_a_copy_of_an_earlier_load_is_not_taken_up_however_late_its_clock_says(
    kept, registry, tmp_path, newer
):
    ids = table_of(nct(2))
    path = tmp_path / "cache" / f"{nct(2)}.json"
    kept.run(ids)
    earlier = json.loads(path.read_bytes())
    registry.next_load()
    registry.change(
        nct(2),
        lambda record: set_path(record, "protocolSection.designModule.enrollmentInfo.count", 7),
    )
    kept.run(ids)
    later = json.loads(path.read_bytes())
    told = put_into(
        later if newer else earlier, "protocolSection.designModule.enrollmentInfo.count", 8
    )
    path.write_text(
        json.dumps(
            {
                **{name: value for name, value in told.items() if name != "crc32"},
                "retrieved_at": "2026-12-24T10:00:00+00:00",
            }
        )
    )
    kept.report(ids, offline=True)
    assert kept.rows("select enrollment from trials") == [(8 if newer else 7,)]


def put_into(envelope, path, value):
    set_path(envelope["study"], path, value)
    return envelope


def test_a_copy_that_rots_is_named_offline_and_written_anew_at_the_next_load(
    kept, registry, tmp_path
):
    """One digit of a number, so that the file is still JSON and still a record."""
    ids = table_of(*ids_of(2, 3))
    kept.run(ids)
    path = tmp_path / "cache" / f"{nct(2)}.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"count": 102', b'"count": 902'))
    (tmp_path / "trials.db").rename(tmp_path / "kept.db")
    offline = kept.report(ids, offline=True)
    assert [
        one.nct_id
        for one in offline.problems
        if one.kind == "cache" and "not as it was written" in one.message
    ] == [nct(2)]
    assert [row.trial is None for row in offline.tables[0].rows] == [True, False]
    (tmp_path / "kept.db").replace(tmp_path / "trials.db")
    registry.next_load()
    assert kept.run(ids).unchanged == 2
    assert (
        Cache(tmp_path / "cache").read(nct(2)).study["protocolSection"]
        == json.loads(whole)["study"]["protocolSection"]
    )


def test_copies_alone_are_confirmed_by_the_registry(kept, registry, tmp_path):
    """As on the first run of a fresh clone that brings its cache."""
    ids = table_of(*ids_of(2, 3))
    kept.run(ids)
    shutil.move(tmp_path / "cache", tmp_path / "shipped" / "cache")
    fresh = Kept(tmp_path / "shipped", registry)
    told = fresh.run(ids)
    assert (told.new, told.not_checked, fresh.count("versions"), fresh.count("changes")) == (
        2,
        0,
        2,
        0,
    )


# --- the table


def test_a_corrected_table_shows_at_once_and_rows_that_went_are_forgotten(kept):
    kept.run(table_of(*ids_of(2, 3), cell="Phase 3"))
    assert {one[-1] for one in kept.content()["comparisons"]} == {"differs"}
    assert kept.run(table_of(nct(2))).requests == GATE
    assert [one[-1] for one in kept.content()["comparisons"]] == ["agrees"] and kept.count(
        "rows"
    ) == 1


def test_rows_without_an_id_stay_and_ask_for_nothing(kept, registry):
    none = Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID",),
        columns=(),
        rows=(Row(1, {"NCT ID": ""}),),
    )
    told = kept.run(none)
    assert (told.asked, told.requests, registry.requests, kept.count("rows")) == (0, 0, [], 1)


def test_a_client_says_who_it_is(kept, registry):
    kept.run(table_of(nct(2)))
    assert {asked.headers["User-Agent"].split("/")[0] for asked in registry.requests} == {"enrich"}
    assert get_path(registry._studies[nct(2)], NCT_ID) == nct(2)
