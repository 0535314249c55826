"""Whole runs against a registry on loopback: what is asked, what is synced, and that every trial is accounted for."""

import json
import shutil
import socket
from importlib import import_module

import pytest

from enrich.models import Row, Table
from enrich.run.context import RunSettings
from enrich.storage.cache import Cache
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
from tests.run.synced_folder import SyncedFolder, ids_of, table_of


@pytest.fixture
def registry():
    """Five hundred small studies; the first absorbed NCT00900001."""
    with StandInRegistry([study(1, aliases=[nct(900_001)]), *map(study, range(2, 501))]) as standin:
        yield standin


@pytest.fixture
def synced(tmp_path, registry):
    return SyncedFolder(tmp_path, registry)


ALL = table_of(*ids_of(*range(1, 501)))
SOME = table_of(*ids_of(*range(1, 26)))
GATE = 1


@pytest.fixture
def small_batches(synced):
    """Ten ids a request, so that a few records take several batches."""
    synced.settings = RunSettings(batch_size=10)


# --- requests


def test_500_ids_take_four_requests_then_one_and_a_reload_alone_changes_nothing(synced, registry):
    first = synced.run(ALL)
    assert (first.new, first.requests, first.retries) == (500, GATE + 3, 0) and len(
        registry.requests
    ) == first.requests
    again = synced.run(ALL)
    assert (again.unchanged, again.requests, registry.requests[-1].kind) == (500, GATE, "gate")
    registry.next_load()
    loaded = synced.run(ALL)
    assert (loaded.unchanged, loaded.requests, loaded.data_timestamp) == (
        500,
        GATE + 3,
        registry.loaded,
    )
    assert (synced.count("versions"), synced.count("changes"), synced.count("trials")) == (
        500,
        0,
        500,
    )


def test_1000_ids_take_six_requests(synced, registry):
    for number in range(501, 1001):
        registry.add(study(number))
    run = synced.run(table_of(*ids_of(*range(1, 1001))))
    assert (run.new, run.requests) == (1000, 6)


def test_a_refused_size_is_asked_for_once_a_run(synced, registry):
    registry.fail("414", on="batch")
    run = synced.run(ALL)
    assert (run.new, run.not_checked) == (500, 0)
    asked = [request.query["filter.ids"].count(",") + 1 for request in registry.requests[1:]]
    assert asked == [200, 100, 100, 100, 100, 100]


def test_a_reload_alone_rewrites_no_copy(synced, registry, tmp_path):
    synced.run(SOME)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    registry.next_load()
    synced.run(SOME)
    assert {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()
    } == before and len(before) == 25


def test_without_a_new_load_only_new_ids_are_requested(synced, registry):
    synced.run(table_of(*ids_of(2, 3)))
    registry.requests.clear()
    run = synced.run(table_of(*ids_of(2, 3, 4)))
    assert (run.new, run.unchanged) == (1, 2)
    assert [asked.query.get("filter.ids") for asked in registry.requests] == [None, nct(4)]


def test_two_tables_that_share_a_trial_fetch_it_once(synced, registry):
    run = synced.run(table_of(*ids_of(2, 3), name="a"), table_of(*ids_of(3, 4), name="b"))
    assert (run.asked, run.requests) == (3, GATE + 1) and registry.requests[-1].query[
        "filter.ids"
    ] == ",".join(ids_of(2, 3, 4))
    assert synced.rows("select count(*) from comparisons where nct_id = ?", nct(3)) == [(2,)]


def test_a_registry_without_etags_is_gated_after_every_answer(tmp_path):
    with StandInRegistry([study(number) for number in range(1, 201)], etag=False) as registry:
        synced = SyncedFolder(tmp_path, registry, batch_size=100)
        ids = table_of(*ids_of(*range(1, 201)))
        assert (synced.run(ids).new, [asked.kind for asked in registry.requests]) == (
            200,
            ["gate", "batch", "gate", "batch", "gate"],
        )
        assert synced.run(ids).requests == GATE


# --- merged, unknown and removed ids


def test_alias_unknown_and_plain_id_X(synced, registry):
    report = synced.report(table_of(*ids_of(900_001, 2, 77_777)))
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
    assert synced.rows("select nct_id, trial_id, status from merged order by row") == [
        (nct(900_001), nct(1), "RECRUITING"),
        (nct(2), nct(2), "RECRUITING"),
        (nct(77_777), None, "unknown"),
    ]


def claim(registry, claimed, by):
    registry.change(nct(by), lambda study: set_path(study, ALIASES, [nct(claimed)]))


def leave_out(*numbers):
    def edit(content, handler):
        content["studies"] = [
            record
            for record in content["studies"]
            if get_path(record, NCT_ID) not in ids_of(*numbers)
        ]

    return alter_content(edit)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    ("claimed", "by"), [(5, 6), (6, 5), (3, 15), (15, 3), (7, 480)], ids=lambda number: str(number)
)
@pytest.mark.parametrize("first_night", [True, False])
def test_an_id_with_its_own_record_is_not_merged_by_the_claim_of_another(
    synced, registry, claimed, by, first_night
):
    if not first_night:
        synced.run(SOME)
        registry.next_load()
    claim(registry, claimed, by)
    registry.requests.clear()
    report = synced.report(SOME)
    assert (report.run.not_checked, report.run.requests, report.problems) == (0, GATE + 3, ())
    assert synced.rows("select trial_id, answer from answers where nct_id = ?", nct(claimed)) == [
        (nct(claimed), "found")
    ]
    assert synced.rows("select count(*) from changes where field = 'record'") == [(0,)]


def test_a_claim_on_a_known_trial_is_confirmed_by_one_request(synced, registry):
    """Its batch leaves it out, and another record claims it; asked for by itself it is still there."""
    synced.run(SOME)
    registry.next_load(), claim(registry, 5, by=6)
    registry.fail(leave_out(5), on="batch", times=None)
    report = synced.report(SOME)
    assert (report.run.not_checked, report.run.requests, report.problems) == (0, GATE + 2, ())
    assert synced.rows("select trial_id, answer from answers where nct_id = ?", nct(5)) == [
        (nct(5), "found")
    ]


def test_a_claim_that_cannot_be_confirmed_leaves_the_trial_unchecked(synced, registry):
    synced.run(SOME)
    registry.next_load(), registry.merge(nct(5), nct(6))
    registry.fail("500", on="single", times=None)
    report = synced.report(SOME)
    assert [(problem.kind, problem.nct_id) for problem in report.problems] == [
        ("not checked", nct(5))
    ] and report.run.not_checked == 1


@pytest.mark.parametrize(
    "submitted", [True, False], ids=["with an update", "changed otherwise, too, without an update"]
)
def test_a_merger_is_confirmed_once_and_then_believed(synced, registry, submitted):
    synced.run(SOME)
    registry.next_load(), registry.merge(nct(5), nct(6))
    if not submitted:
        registry.change(
            nct(6),
            lambda study: set_path(
                study, "protocolSection.designModule.enrollmentInfo.count", 9999
            ),
        )
    registry.requests.clear()
    run = synced.run(SOME)
    asked = [asked.path.rpartition("/")[2] for asked in registry.requests if asked.kind == "single"]
    assert (run.changed, run.unchanged, run.not_checked, asked) == (2, 23, 0, [*ids_of(5, 6)])
    assert synced.rows("select nct_id, after from changes where field = 'record'") == [
        (nct(6), f"merged into {nct(6)}")
    ]
    registry.next_load()
    assert synced.run(SOME).requests == GATE + 1 and synced.rows(
        "select answer from answers where nct_id = ?", nct(5)
    ) == [("merged",)]


def test_a_removed_record_can_come_back(synced, registry):
    synced.run(table_of(*ids_of(2, 3)))
    registry.remove(nct(3)), registry.next_load()
    report = synced.report(table_of(*ids_of(2, 3)))
    assert (report.run.gone, report.run.unchanged) == (1, 1) and [
        (problem.kind, problem.nct_id) for problem in report.problems
    ] == [("gone", nct(3))]
    registry.next_load()
    assert (synced.run(table_of(*ids_of(2, 3))).gone, synced.count("changes")) == (1, 1)
    registry._studies[nct(3)] = study(3)
    registry.next_load()
    back = synced.report(table_of(*ids_of(2, 3)))
    assert (back.run.gone, back.run.not_checked, back.problems) == (0, 0, ())
    assert synced.rows("select field, after, kind from changes") == [
        ("record", "removed", "material"),
        ("record", "in the registry again", "material"),
    ]
    assert (
        synced.rows("select gone_since from trials where nct_id = ?", nct(3)) == [(None,)]
        and synced.count("versions") == 2
    )


def test_an_ordinary_night_gives_its_expected_changes(synced, registry):
    ids = table_of(*ids_of(*range(1, 101)))
    registry.change(
        nct(50),
        lambda study: set_path(
            study,
            "protocolSection.contactsLocationsModule.locations",
            [{"city": "Sevilla", "geoPoint": {"lat": 1.0, "lon": 2.0}}],
        ),
    )
    synced.run(ids)
    night = registry.ordinary_night()
    run = synced.run(ids)
    assert (run.changed, run.unchanged, run.gone, run.new, run.not_checked) == (4, 95, 1, 0, 0)
    lines = {
        (nct_id, field, kind)
        for nct_id, field, kind in synced.rows("select nct_id, field, kind from changes")
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


# --- interrupted runs


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [10, 20, 25])
def test_an_interrupted_run_resumes_where_it_stopped(tmp_path, registry, after):
    complete, cut = (
        SyncedFolder(tmp_path / "whole", registry, batch_size=10),
        SyncedFolder(tmp_path / "cut", registry, batch_size=10),
    )
    complete.run(SOME)
    registry.requests.clear()

    def stop(done, of):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut.report(SOME, on_progress=stop)
    run = cut.run(SOME)
    asked = [
        nct_id
        for request in registry.requests
        for nct_id in request.query.get("filter.ids", "").split(",")
        if nct_id
    ]
    # Of a run cut off only the batch that was on its way is asked again.
    again = SOME.nct_ids[after : after + 10]
    assert sorted(asked) in (sorted(SOME.nct_ids), sorted([*SOME.nct_ids, *again]))
    assert (run.id, run.new, run.requests) == (1, 25, 2 * GATE + 3 + bool(again))
    assert cut.content() == complete.content()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    "spot",
    [
        "ingest.save_decisions",
        "ingest.save_answers",
        "sync.save_comparisons",
        "sync.finish_run",
    ],
)
def test_a_run_interrupted_anywhere_gives_the_same_database(tmp_path, registry, spot, monkeypatch):
    complete, cut = (
        SyncedFolder(tmp_path / "whole", registry, batch_size=10),
        SyncedFolder(tmp_path / "cut", registry, batch_size=10),
    )
    for folder in (complete, cut):
        folder.run(table_of(*ids_of(*range(1, 16))))
    registry.change(
        nct(7),
        lambda study: set_path(study, "protocolSection.designModule.enrollmentInfo.count", 7),
    )
    registry.next_load()
    complete.run(SOME)
    with monkeypatch.context() as patch:
        module, name = spot.split(".")
        module = import_module(f"enrich.run.{module}")
        patch.setattr(module, name, broken_off(getattr(module, name)))
        with pytest.raises(KeyboardInterrupt):
            cut.report(SOME)
    run = cut.run(SOME)
    assert (run.id, run.changed, run.new, run.unchanged) == (2, 1, 10, 14)
    assert cut.content() == complete.content()


def broken_off(method):
    """A method that does its work, and then the power fails."""

    def wrapped(*arguments, **options):
        method(*arguments, **options)
        raise KeyboardInterrupt

    return wrapped


# --- reloads during a run


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_reload_during_a_run_mixes_no_loads(synced, registry, after):
    registry.fail("reload", on="batch", after=after)
    run = synced.run(SOME)
    assert (run.new, run.not_checked, run.data_timestamp) == (25, 0, registry.loaded)
    assert synced.rows("select distinct load from answers") == [(registry.etag,)]
    assert run.requests == GATE + after + 1 + GATE + 3


@pytest.mark.usefixtures("small_batches")
def test_repeated_reloads_end_the_run_as_partial(synced, registry):
    registry.fail("reload", on="batch", times=None)
    run = synced.run(SOME)
    assert (run.outcome, run.not_checked) == ("partial", 25) and run.requests < 12
    registry.heal()
    assert synced.run(SOME).outcome == "complete"


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
def test_a_fault_during_a_run_loses_and_mixes_nothing(tmp_path, registry, fault):
    """A passing fault is overcome; one that lasts for a request leaves its trials to the next run, and each has its problem."""
    synced, plain = (
        SyncedFolder(tmp_path / "synced", registry, batch_size=10),
        SyncedFolder(tmp_path / "plain", registry, batch_size=10),
    )
    plain.run(SOME)
    registry.fail(fault, on="batch", after=1)
    report = synced.report(SOME)
    unchecked = {problem.nct_id for problem in report.problems if problem.kind == "not checked"}
    assert len(unchecked) == report.run.not_checked <= 10
    assert (report.run.outcome == "complete") == (not unchecked)
    registry.heal()
    registry.requests.clear()
    assert synced.run(SOME).not_checked == 0
    asked = {
        nct_id
        for request in registry.requests
        for nct_id in request.query.get("filter.ids", "").split(",")
        if nct_id
    }
    assert asked == unchecked
    assert [row[:2] for row in synced.content()["answers"]] == [
        row[:2] for row in plain.content()["answers"]
    ]
    assert synced.content()["facts"] == plain.content()["facts"] or fault == "nul"


@pytest.mark.usefixtures("small_batches")
def test_a_batch_that_fails_for_good_leaves_the_others_alone(synced, registry):
    registry.fail("500", on="batch", times=5)
    report = synced.report(SOME)
    assert (report.run.outcome, report.run.new, report.run.not_checked) == ("partial", 15, 10)
    assert {problem.nct_id for problem in report.problems} == set(
        ids_of(*range(1, 11))
    ) and "500" in report.problems[0].message
    assert synced.rows("select distinct run_id, first_seen from problems") == [(1, synced.now())]


@pytest.mark.usefixtures("small_batches")
def test_a_client_refused_twice_sends_no_more_requests(synced, registry):
    registry.fail("403-html", times=None, after=1)
    run = synced.run(SOME)
    assert (run.outcome, run.not_checked, run.requests) == ("partial", 25, GATE + 2)


@pytest.mark.usefixtures("small_batches")
def test_a_registry_that_stops_answering_is_not_asked_on(synced, registry):
    registry.fail("reset", on="batch", times=None)
    report = synced.report(table_of(*ids_of(*range(1, 101))))
    assert report.run.not_checked == 100 and len(registry.requests) == GATE + 3 * 5
    assert len({problem.nct_id for problem in report.problems}) == 100


# --- no registry


def closed():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_an_unreachable_registry_leaves_the_copies_and_marks_them_stale(synced, registry):
    ids = table_of(*ids_of(2, 3))
    synced.run(ids)
    synced.url = closed()
    lost = synced.report(ids)
    since = synced.now()
    assert (lost.run.outcome, lost.run.not_checked) == ("unreachable", 2)
    assert {(problem.kind, problem.nct_id) for problem in lost.problems} == {
        ("unreachable", None),
        ("not checked", nct(2)),
        ("not checked", nct(3)),
    }
    assert all(row.comparisons and row.stale_since == since[:10] for row in lost.tables[0].rows)
    again = synced.report(ids)
    assert {row.stale_since for row in again.tables[0].rows} == {since[:10]} and {
        problem.first_seen for problem in again.problems
    } == {since}
    synced.url = registry.url
    assert synced.run(ids).unchanged == 2 and synced.rows(
        "select distinct stale_since from trials"
    ) == [(None,)]


def test_an_unreachable_registry_without_copies_checks_nothing(synced):
    synced.url = closed()
    report = synced.report(table_of(*ids_of(2, 3)))
    assert (report.run.outcome, report.run.not_checked) == ("unreachable", 2)
    assert {row.trial for row in report.tables[0].rows} == {None}
    assert {
        comparison.verdict for row in report.tables[0].rows for comparison in row.comparisons
    } == {"not checked"}


def test_a_lost_database_is_rebuilt_from_the_copies(synced, tmp_path):
    synced.run(SOME)
    before = synced.content()
    (tmp_path / "trials.db").unlink()
    run = synced.run(SOME, offline=True)
    assert (run.outcome, run.not_checked, run.requests) == ("offline", 25, 0)
    after = synced.content()
    assert after["comparisons"] == before["comparisons"] and [
        row[:5] for row in after["facts"]
    ] == [row[:5] for row in before["facts"]]
    assert [row[:3] for row in after["versions"]] == [row[:3] for row in before["versions"]]


def test_a_damaged_copy_is_reported_and_fetched_again(synced, registry, tmp_path):
    ids = table_of(*ids_of(2, 3))
    synced.run(ids)
    (tmp_path / "trials.db").unlink()
    (tmp_path / "cache" / f"{nct(2)}.json").write_text("{")
    offline = synced.report(ids, offline=True)
    assert [
        (problem.kind, problem.nct_id) for problem in offline.problems if problem.kind == "cache"
    ] == [("cache", nct(2))]
    assert [row.trial is None for row in offline.tables[0].rows] == [True, False]
    assert synced.run(ids).not_checked == 0 and Cache(tmp_path / "cache").read(nct(2))


def test_records_of_a_download_where_copies_should_be_are_reported_and_stay(synced, tmp_path):
    own = tmp_path / "cache" / f"{nct(2)}.json"
    own.parent.mkdir()
    own.write_text(json.dumps(study(2)))
    report = synced.report(table_of(*ids_of(2, 3)))
    assert (report.run.new, report.run.not_checked) == (2, 0)
    (problem,) = [problem for problem in report.problems if problem.kind == "not kept"]
    assert f"{nct(2)}.json: enrich did not write it" in problem.message
    assert json.loads(own.read_text()) == study(2)


@pytest.mark.parametrize("newer", [True, False])
def test_a_copy_of_an_earlier_load_is_ignored_whatever_its_retrieval_time(
    synced, registry, tmp_path, newer
):
    ids = table_of(nct(2))
    path = tmp_path / "cache" / f"{nct(2)}.json"
    synced.run(ids)
    earlier = json.loads(path.read_bytes())
    registry.next_load()
    registry.change(
        nct(2),
        lambda record: set_path(record, "protocolSection.designModule.enrollmentInfo.count", 7),
    )
    synced.run(ids)
    later = json.loads(path.read_bytes())
    edited = put_into(
        later if newer else earlier, "protocolSection.designModule.enrollmentInfo.count", 8
    )
    path.write_text(
        json.dumps(
            {
                **{name: value for name, value in edited.items() if name != "crc32"},
                "retrieved_at": "2026-12-24T10:00:00+00:00",
            }
        )
    )
    synced.report(ids, offline=True)
    assert synced.rows("select enrollment from trials") == [(8 if newer else 7,)]


def put_into(envelope, path, value):
    set_path(envelope["study"], path, value)
    return envelope


def test_a_corrupted_copy_is_reported_offline_and_rewritten_at_the_next_load(
    synced, registry, tmp_path
):
    """One digit of a number, so that the file is still JSON and still a record."""
    ids = table_of(*ids_of(2, 3))
    synced.run(ids)
    path = tmp_path / "cache" / f"{nct(2)}.json"
    intact = path.read_bytes()
    path.write_bytes(intact.replace(b'"count": 102', b'"count": 902'))
    (tmp_path / "trials.db").rename(tmp_path / "synced.db")
    offline = synced.report(ids, offline=True)
    assert [
        problem.nct_id
        for problem in offline.problems
        if problem.kind == "cache" and "changed since it was written" in problem.message
    ] == [nct(2)]
    assert [row.trial is None for row in offline.tables[0].rows] == [True, False]
    (tmp_path / "synced.db").replace(tmp_path / "trials.db")
    registry.next_load()
    assert synced.run(ids).unchanged == 2
    assert (
        Cache(tmp_path / "cache").read(nct(2)).study["protocolSection"]
        == json.loads(intact)["study"]["protocolSection"]
    )


def test_copies_alone_are_confirmed_by_the_registry(synced, registry, tmp_path):
    """As on the first run of a fresh clone that brings its cache."""
    ids = table_of(*ids_of(2, 3))
    synced.run(ids)
    shutil.move(tmp_path / "cache", tmp_path / "shipped" / "cache")
    fresh = SyncedFolder(tmp_path / "shipped", registry, batch_size=10)
    run = fresh.run(ids)
    assert (run.new, run.not_checked, fresh.count("versions"), fresh.count("changes")) == (
        2,
        0,
        2,
        0,
    )


# --- the table


def test_a_corrected_table_is_compared_at_once_and_removed_rows_are_deleted(synced):
    synced.run(table_of(*ids_of(2, 3), cell="Phase 3"))
    assert {row[-1] for row in synced.content()["comparisons"]} == {"differs"}
    assert synced.run(table_of(nct(2))).requests == GATE
    assert [row[-1] for row in synced.content()["comparisons"]] == ["agrees"] and synced.count(
        "rows"
    ) == 1


def test_rows_without_an_id_are_kept_and_send_no_request(synced, registry):
    none = Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID",),
        columns=(),
        rows=(Row(1, {"NCT ID": ""}),),
    )
    run = synced.run(none)
    assert (run.asked, run.requests, registry.requests, synced.count("rows")) == (0, 0, [], 1)


def test_every_request_names_the_client(synced, registry):
    synced.run(table_of(nct(2)))
    assert {asked.headers["User-Agent"].split("/")[0] for asked in registry.requests} == {"enrich"}
    assert get_path(registry._studies[nct(2)], NCT_ID) == nct(2)
