"""What is shown beside a cell without a verdict: never more than consistent, not consistent or unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.compare.context import CONTEXT_FIELDS, context_of_row, doses, longest
from enrich.models import Column, Row, Table
from tests.fixtures.studies import study


def record(**modules):
    made = study()
    for module, content in modules.items():
        made["protocolSection"].setdefault(module, {}).update(content)
    return made


def outcomes(*frames):
    return record(
        outcomesModule={
            "primaryOutcomes": [
                {"measure": f"M{i}", "timeFrame": frame} for i, frame in enumerate(frames)
            ]
        }
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("6 and 12 months", 365),
        ("12 weeks", 84),
        ("Baseline and Day 90±2", 90),
        ("15.6 ± 4.3 months (7–21)", 474.5),
        ("0.63 years", 229.95),
        ("4–5 years", 1825),
        ("week 52", 364),
    ],
)
def test_the_longest_duration(text, days):
    assert longest(text)[0] == pytest.approx(days)


@pytest.mark.parametrize("text", ["", "monthly", "at the end of treatment"])
def test_no_duration(text):
    assert longest(text) is None


@pytest.mark.parametrize(
    ("cell", "frames", "note"),
    [
        pytest.param("12 weeks", ("baseline, 12 weeks",), "consistent", id="the same"),
        pytest.param(
            "3 months", ("12 weeks",), "consistent", id="three months are about twelve weeks"
        ),
        pytest.param(
            "12 months",
            ("6 months", "12 weeks"),
            "not consistent: printed 12 months, registered 6 months",
            id="longer than planned",
        ),
        pytest.param(
            "15.6 ± 4.3 months (7–21)",
            ("6 months",),
            "unknown",
            id="observed follow-up is not held against the plan",
        ),
        pytest.param("12 months", ("monthly",), "unknown", id="the registry names no duration"),
    ],
)
def test_follow_up(cell, frames, note):
    assert CONTEXT_FIELDS["time_frames"](cell, outcomes(*frames)).note == note


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Intramuscular injections with 50 × 106 cells", ["50 × 10^6"]),
        ("3.76 ± 1.85 (1.19–7.07)x106 cells", ["… × 10^6"]),
        ("infusion was injected (106 cells/kg)", ["probably 10^6"]),
        ("45-50 x 10^6 MSC", ["45-50 × 10^6"]),
        ("106 patients", []),
    ],
)
def test_doses_are_read_and_never_rewritten(text, read):
    assert doses(text) == read


PUBLICATIONS = [
    {
        "pmid": "25527423",
        "type": "RESULT",
        "citation": "Granel B, Daumas A, Jouve E. Safety of autologous cells. Ann Rheum Dis. 2015;74:2175-82.",
    },
    {"type": "BACKGROUND", "citation": "Smith J. Elsewhere. 2015."},
    {
        "pmid": "39999999",
        "type": "DERIVED",
        "citation": "Doe J. Later. 2026.",
        "retractions": [{"pmid": "1"}],
    },
]


def test_cited_publications_get_their_pmid_and_uncited_results_are_named():
    context = CONTEXT_FIELDS["publications"](
        "Granel et al., 2015; Park Y. et al., 2020 NCT01813279",
        record(referencesModule={"references": PUBLICATIONS}),
    )
    assert (
        context.note
        == "Granel 2015: PMID 25527423; not in the record: Park 2020; in the record, not cited: PMID 39999999, RETRACTED"
    )


@pytest.mark.parametrize(
    ("cell", "eligible", "note"),
    [
        ("12 (0/12)", "ALL", "consistent"),
        (
            "12 (3/9)",
            "FEMALE",
            "not consistent: the table counts participants whom the record excludes",
        ),
    ],
)
def test_sexes(cell, eligible, note):
    assert CONTEXT_FIELDS["sex"](cell, record(eligibilityModule={"sex": eligible})).note == note


def test_a_row_of_several_trials_shows_nothing():
    table = Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "N"),
        columns=(Column("N", (), ("sex",)),),
        rows=(),
    )
    with_sex = record(eligibilityModule={"sex": "ALL"})
    shown = [
        context_of_row(table, Row(1, {"NCT ID": "", "N": "12 (3/9)"}, ids, None), with_sex, ids[0])
        for ids in (("NCT00000001",), ("NCT00000001", "NCT00000002"))
    ]
    assert [len(contexts) for contexts in shown] == [1, 0]


@given(
    st.sampled_from(sorted(CONTEXT_FIELDS)),
    st.text(),
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)
def test_no_cell_and_no_record_makes_it_fail(name, cell, odd):
    broken = study()
    for module in ("outcomesModule", "referencesModule", "armsInterventionsModule"):
        broken["protocolSection"][module] = odd
    CONTEXT_FIELDS[name](cell, broken)
