"""The registry's search: asked page by page for the facts of screening, and taken whole or not at all."""

import dataclasses

import pytest

from enrich.errors import Refused, Unusable
from enrich.record.screening import PIECES
from enrich.registry.client import Registry
from enrich.registry.search import read_search_page
from enrich.search.candidates import candidate_of
from enrich.search.models import Candidate
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct, study

OUTCOME = "protocolSection.outcomesModule.primaryOutcomes"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"


def scleroderma(number, **facts):
    made = study(number, conditions=["Systemic Sclerosis"], lead_sponsor="Hôpital", **facts)
    set_path(made, OUTCOME, [{"measure": "Hand function", "timeFrame": "6 months"}])
    set_path(made, INTERVENTIONS, [{"type": "DRUG", "name": "ADRCs"}, {"type": "DRUG"}])
    return made


@pytest.fixture
def standin():
    others = [study(number, conditions=["Insomnia"]) for number in range(1, 4)]
    with StandInRegistry([*others, *map(scleroderma, range(4, 9))]) as registry:
        yield registry


def ask(standin, query):
    return [*Registry(standin.url, pace=0).search(query)]


def ids(pages):
    return [candidate.nct_id for page in pages for candidate in page.candidates]


def test_a_search_brings_what_a_person_screens_by_and_no_more(standin):
    (page,) = ask(standin, {"query.cond": '"systemic sclerosis"'})
    assert page.total == 5 and page.token is None and page.load == standin.etag
    assert page.candidates[-1] == Candidate(
        nct(4),
        title="Rest for tired pupils (4)",
        conditions=("Systemic Sclerosis",),
        interventions=("ADRCs",),
        primary_outcomes=("Hand function",),
        phases=("PHASE2",),
        design=("INTERVENTIONAL",),
        status="RECRUITING",
        sponsor="Hôpital",
        start_date="2020-03",
    )


def test_the_same_candidate_is_read_from_a_whole_record(standin):
    (page,) = ask(standin, {"query.term": "sclerosis"})
    assert page.candidates == tuple(candidate_of(scleroderma(number)) for number in (8, 7, 6, 5, 4))


def test_every_fact_of_a_candidate_is_asked_for():
    derived = {"nct_id", "design"}
    asked = {field.name for field in dataclasses.fields(Candidate)} - derived
    assert len(PIECES) == 2 + len(asked) + 5 == len(set(PIECES))


@pytest.mark.parametrize(
    "query, found",
    [
        ("sclerosis OR insomnia", 8),
        ("sclerosis AND insomnia", 0),
        ("systemic NOT insomnia", 5),
        ("(insomnia OR sclerosis) AND ADRCs", 5),
        ("sclerosis or insomnia", 0),  # the registry takes it for a word
        ('"sclerosis systemic"', 0),
    ],
)
def test_the_stand_in_searches_by_words_phrases_and_operators(standin, query, found):
    assert len(ids(ask(standin, {"query.term": query}))) == found


def test_what_the_stand_in_cannot_search_it_refuses_in_words(standin):
    with pytest.raises(Exception, match=r"does not support `AREA\[…\]`"):
        ask(standin, {"query.term": "AREA[Phase]PHASE2"})
    with pytest.raises(Refused, match="no viable alternative at input '<EOF>'"):
        ask(standin, {"query.term": "(sclerosis"})


def test_pages_are_asked_for_token_by_token_and_the_total_once(standin, monkeypatch):
    monkeypatch.setattr("enrich.registry.search.PAGE_SIZE", 2)
    pages = ask(standin, {"query.cond": "sclerosis"})
    assert [len(page.candidates) for page in pages] == [2, 2, 1]
    assert [page.total for page in pages] == [5, None, None]
    assert ids(pages) == [nct(number) for number in (8, 7, 6, 5, 4)]
    assert [request.kind for request in standin.requests] == ["search", "page", "page"]
    first, *others = [dict(request.query) for request in standin.requests]
    assert first.pop("countTotal") == "true"
    for query in others:
        assert query.pop("pageToken") and query == first


@pytest.mark.parametrize("body", [b'{"studies":3}', b'{"studies":[],"nextPageToken":7}', b"[]"])
def test_an_answer_that_is_no_page_is_not_believed(body):
    assert read_search_page(body) is None


@pytest.mark.parametrize("fault", ["same-token", "endless-tokens"])
def test_tokens_without_end_are_given_up(standin, monkeypatch, fault):
    monkeypatch.setattr("enrich.registry.search.PAGE_SIZE", 1)
    monkeypatch.setattr("enrich.registry.search._MOST_PAGES", 8)
    standin.fail(fault, times=None)
    with pytest.raises(Unusable, match="without end"):
        ask(standin, {"query.cond": "sclerosis"})
