"""One record with two contents under one load: neither is believed, and the run says so."""

import copy
import json

import pytest

from enrich.models import ProblemKind
from enrich.run.context import RunSettings
from tests.fixtures.registry_server import (
    ALIASES,
    NCT_ID,
    StandInRegistry,
    alter_content,
    get_path,
    page_token,
    set_path,
    studies_in,
)
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, ids_of, table_of

ENROLLED = "protocolSection.designModule.enrollmentInfo.count"
LISTED = ids_of(1, 2, 3, 4)


@pytest.fixture
def registry():
    with StandInRegistry([study(number, enrollment=10) for number in range(1, 5)]) as standin:
        yield standin


@pytest.fixture
def synced(tmp_path, registry):
    return SyncedFolder(tmp_path, registry)


def other_content(record):
    other = copy.deepcopy(record)
    set_path(other, ENROLLED, 99)
    return other


def in_one_answer(position):
    """The third record comes twice, the second time with another content, at *position*."""

    def add(content, handler):
        for record in [*content.get("studies", ())]:
            if get_path(record, NCT_ID) == nct(3):
                content["studies"].insert(position, other_content(record))

    return alter_content(add)


def over_two_pages(content, handler):
    """A second page shows the third record again, with another content."""
    if "studies" not in content:
        return
    if "pageToken" in handler.received.query:
        content["studies"] = [other_content(json.loads(handler.standin.study_line(nct(3))))]
    else:
        content["nextPageToken"] = page_token(2)


CONTRADICTIONS = {
    "before the other": in_one_answer(0),
    "behind the other": in_one_answer(99),
    "over two pages": alter_content(over_two_pages),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("is_known", [False, True], ids=["first seen", "known"])
def test_a_record_with_two_contents_is_not_checked(synced, registry, name, is_known):
    if is_known:
        synced.run(table_of(*LISTED))
        registry.next_load()
    registry.fail(CONTRADICTIONS[name], on="batch", times=None)
    registry.fail(CONTRADICTIONS[name], on="page", times=None)
    before = synced.content()
    report = synced.report(table_of(*LISTED))
    assert (report.run.not_checked, report.run.changed) == (1, 0)
    assert report.run.unchanged == (3 if is_known else 0)
    (problem,) = [each for each in report.problems if each.kind == ProblemKind.NOT_CHECKED]
    assert problem.nct_id == nct(3) and "two contents" in problem.message
    assert not any(asked.kind == "single" for asked in registry.requests)
    assert synced.content()["changes"] == before["changes"] == []
    assert [row for row in synced.content()["versions"] if row[0] == nct(3)] == [
        row for row in before["versions"] if row[0] == nct(3)
    ]


def test_the_next_healthy_night_makes_up_for_it(synced, registry):
    registry.fail(CONTRADICTIONS["over two pages"], on="batch")
    registry.fail(CONTRADICTIONS["over two pages"], on="page")
    synced.run(table_of(*LISTED))
    assert synced.run(table_of(*LISTED)).not_checked == 0


def test_a_record_that_a_later_answer_contradicts_is_not_checked_after_all(synced, registry):
    """The second batch lists an obsolete id of the record that the first one showed."""
    registry.change(nct(4), lambda record: set_path(record, ALIASES, [nct(9)]))
    synced.settings = RunSettings(batch_size=3)

    def differ(content, handler):
        if nct(9) in handler.received.query.get("filter.ids", ""):
            for record in studies_in(content):
                set_path(record, ENROLLED, 99)

    registry.fail(alter_content(differ), on="batch", times=None)
    report = synced.report(table_of(nct(4), nct(1), nct(2), nct(9), nct(3)))
    unchecked = {
        problem.nct_id for problem in report.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    assert unchecked == {nct(4), nct(9)} and report.run.not_checked == 2


def test_a_record_that_comes_twice_with_one_content_is_checked(synced, registry):
    def repeat(content, handler):
        if "studies" in content:
            content["studies"] *= 2

    registry.fail(alter_content(repeat), on="batch", times=None)
    assert synced.run(table_of(*LISTED)).new == 4
    registry.next_load()
    assert synced.run(table_of(*LISTED)).unchanged == 4


def test_a_reload_between_two_pages_is_no_contradiction(synced, registry):
    """The second page is of the next load: the run begins again under that one."""

    def reload(content, handler):
        if "studies" in content and "pageToken" not in handler.received.query:
            content["nextPageToken"] = page_token(2)

    registry.fail(alter_content(reload), on="batch", times=1)
    registry.fail("reload", on="page", times=1)
    assert synced.run(table_of(*LISTED)).not_checked == 0
