"""Which columns are recognised, and which are not, in invented tables with invented records."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.inference.columns import infer_columns
from enrich.inference.guesses import ColumnGuess, Confidence
from enrich.models import Trial

STATUSES = ("RECRUITING", "COMPLETED", "TERMINATED", "WITHDRAWN")
PHASES = (("PHASE1",), ("PHASE2",), ("PHASE3",), ("PHASE1", "PHASE2"))
SUBJECTS = ("asthma", "gout", "migraine", "psoriasis", "sepsis", "anaemia", "glaucoma", "scabies")


def trial(number, **facts):
    """An invented trial; each has other facts."""
    invented = {
        "brief_title": f"A trial of rest against work in {SUBJECTS[number % 8]} of pupils, {number}",
        "overall_status": STATUSES[number % 4],
        "phases": PHASES[number % 4],
        "enrollment": 100 + 17 * number,
        "start_date": f"2019-{number % 12 + 1:02}-{number * 5 % 11 + 2:02}",
        "primary_completion_date": f"2020-{number % 12 + 1:02}-{(number * 5) % 28 + 1:02}",
        "completion_date": f"2021-{number % 12 + 1:02}-{(number * 3) % 28 + 1:02}",
        "minimum_age": "18 Years",
        "maximum_age": f"{60 + number} Years",
        "allocation": ("RANDOMIZED", "NON_RANDOMIZED")[number % 2],
        "masking": ("NONE", "DOUBLE", "QUADRUPLE")[number % 3],
        "lead_sponsor": f"University of {SUBJECTS[number % 8].title()}",
        "conditions": (SUBJECTS[number % 8],),
    }
    return Trial(f"NCT{number:08d}", {**invented, **facts})


def american(iso):
    year, month, day = iso.split("-")
    return f"{int(month)}/{int(day)}/{year[2:]}"


def infer(columns, trials, records=None):
    """The inference for a table of *columns*: a name → the cell of a trial."""
    rows = [[cell(trial) for cell in columns.values()] for trial in trials]
    known = {trial.nct_id: trial for trial in trials} if records is None else records
    return infer_columns([*columns], rows, [trial.nct_id for trial in trials], known)


def fact(name):
    return lambda trial: str(trial[name])


TRIALS = [trial(number) for number in range(1, 9)]
TABLE = {
    "Id": lambda trial: trial.nct_id,
    "N": fact("enrollment"),
    "Status": lambda trial: trial["overall_status"].capitalize(),
    "Phase": lambda trial: "/".join(phase[-1] for phase in trial["phases"]),
    "Start": fact("start_date"),
    "Age": lambda trial: f"18-{trial['maximum_age'][:2]}",
    "Title": fact("brief_title"),
    "Drug": lambda trial: "rest",
}


def test_columns_that_agree_are_sure():
    inference = infer(TABLE, TRIALS)
    assert inference.says == {
        "N": ("enrollment",),
        "Status": ("overall_status",),
        "Phase": ("phases",),
        "Start": ("start_date",),
        "Age": ("minimum_age", "maximum_age"),
        "Title": ("brief_title",),
    }
    [number] = inference.of("N")
    assert number.confidence is Confidence.SURE
    assert number.evidence == "8 of 8 cells agree with the record; by chance 0 %"


def test_without_records_no_guess_is_sure():
    inference = infer(TABLE, TRIALS, {})
    assert set(inference.says) == {"N", "Status", "Phase", "Start", "Age", "Title"}
    assert all(guess.confidence is not Confidence.SURE for guess in inference.guesses)


def test_agreement_that_chance_explains_is_not_sure():
    """Where every trial recruits, a column that says so proves nothing."""
    trials = [trial(number, overall_status="RECRUITING") for number in range(1, 9)]
    [status] = infer({"Status": lambda trial: "Recruiting"}, trials).of("Status")
    assert (status.confidence, status.by_chance) == (Confidence.LIKELY, 1.0)


def test_column_is_found_without_its_header():
    assert infer({"X": fact("enrollment")}, TRIALS).says == {"X": ("enrollment",)}
    assert infer({"X": fact("brief_title")}, TRIALS).says == {"X": ("brief_title",)}


def test_six_cells_without_agreement_leave_doubt():
    wrong = {"N": lambda trial: str(trial["enrollment"] + 1)}
    assert infer(wrong, TRIALS[:5]).says == {"N": ("enrollment",)}
    [guess] = infer(wrong, TRIALS[:6]).of("N")
    assert guess.confidence is Confidence.DOUBT


def test_cells_decide_between_two_completions():
    inference = infer({"Completion date": fact("primary_completion_date")}, TRIALS)
    assert inference.says == {"Completion date": ("primary_completion_date",)}


def test_cells_overrule_a_header_that_none_of_them_bears_out():
    inference = infer({"Start": fact("completion_date")}, TRIALS)
    assert inference.says == {"Start": ("completion_date",)}
    assert inference.warnings == (
        "column 'Start': the header names start, but 8 of 8 cells agree with completion",
    )


def test_date_has_one_column_and_column_one_date():
    dates = ("start_date", "completion_date", "primary_completion_date")
    columns = {
        "Begin": fact("start_date"),
        "Start year": lambda trial: trial["start_date"][:4],
        "End": fact("completion_date"),
        "Primary completion": fact("primary_completion_date"),
    }
    found = [
        (guess.column, guess.field)
        for guess in infer(columns, TRIALS).guesses
        if guess.is_active and guess.field in dates
    ]
    assert sorted(found) == [
        ("Begin", "start_date"),
        ("End", "completion_date"),
        ("Primary completion", "primary_completion_date"),
    ]


def test_order_of_dates_is_that_which_agrees():
    # No day is after the twelfth of its month.
    inference = infer({"Start": lambda trial: american(trial["start_date"])}, TRIALS)
    assert inference.options("Start") == {"date_order": "mdy"}


def test_order_of_dates_that_nothing_shows_stays_open():
    inference = infer({"Start": lambda trial: american(trial["start_date"])}, TRIALS, {})
    assert inference.options("Start") == {}
    assert any("day and month" in warning for warning in inference.warnings)


def test_mixed_column_says_several_fields():
    columns = {
        "Design": lambda trial: (
            f"Phase {trial['phases'][0][-1]}, {trial['allocation'].lower().replace('_', '-')}"
        ),
        "Participants": lambda trial: f"{trial['enrollment']} (18 years and older)",
    }
    says = infer(columns, [trial(number, phases=("PHASE2",)) for number in range(1, 9)]).says
    assert says == {
        "Design": ("phases", "allocation"),
        "Participants": ("enrollment", "minimum_age"),
    }


def test_measured_ages_are_no_limits():
    assert not infer({"Mean age (years)": lambda trial: "18"}, TRIALS).says
    ages = {"Age": lambda trial: f"{40 + int(trial.nct_id[-1]) * 1.3:.0f}"}
    assert not infer(ages, TRIALS, {}).says


def test_place_is_no_sponsor():
    assert not infer({"Country": fact("lead_sponsor")}, TRIALS).says


def test_text_of_titles_states_no_design():
    trials = [trial(n, brief_title=f"A randomized open-label trial of rest, {n}") for n in range(8)]
    assert infer({"Title": fact("brief_title")}, trials).says == {"Title": ("brief_title",)}


def test_column_of_ids_and_empty_tables_have_no_guess():
    assert not infer({"Trial": lambda trial: trial.nct_id}, TRIALS).guesses
    assert not infer_columns([], [], [], {}).guesses
    assert not infer_columns(["N"], [], [], {}).of("Phase")
    assert infer_columns(["N"], [[""]], [None], {}).says == {"N": ("enrollment",)}


def test_column_of_prose_states_nothing():
    prose = {"Conditions": lambda trial: "Pupils with asthma or gout rest. " * 20}
    assert not infer(prose, TRIALS).guesses


def test_guess_without_comparison_shows_its_reason():
    guess = ColumnGuess("N", "enrollment", Confidence.LIKELY, reason="the header names it")
    assert guess.evidence == "the header names it"


def test_evidence_without_other_records_has_no_chance():
    [guess] = infer({"N": fact("enrollment")}, TRIALS[:1]).of("N")
    assert guess.evidence == "1 of 1 cells agree with the record"


@settings(max_examples=10)
@given(st.randoms(use_true_random=False), st.integers(2, 8))
def test_order_of_rows_and_columns_changes_nothing(order: random.Random, number: int):
    trials, columns = TRIALS[:number], [*TABLE]
    shuffled_trials = order.sample(trials, number)
    shuffled = {name: TABLE[name] for name in order.sample(columns, len(columns))}
    plain, other = infer(TABLE, trials), infer(shuffled, shuffled_trials)
    for name in columns:
        assert plain.of(name) == other.of(name)


@settings(max_examples=10)
@given(st.integers(1, 7), st.integers(0, 40))
def test_ids_of_other_rows_make_nothing_sure(turn: int, first: int):
    """Each id is in the row of another trial."""
    trials = [trial(number) for number in range(first + 1, first + 9)]
    columns = {name: TABLE[name] for name in ("N", "Start", "Title", "Drug")}  # all differ
    rows = [[cell(trial) for cell in columns.values()] for trial in trials]
    ids = [trial.nct_id for trial in (*trials[turn:], *trials[:turn])]
    inference = infer_columns([*columns], rows, ids, {trial.nct_id: trial for trial in trials})
    assert all(guess.confidence is not Confidence.SURE for guess in inference.guesses)


def test_shortened_titles_are_titles_though_none_agrees():
    title = {"Title": lambda trial: trial["brief_title"].replace("A trial of rest", "Rest")}
    inference = infer(title, TRIALS)
    assert inference.says == {"Title": ("brief_title",)}
    other = {"Title": lambda trial: "On the use of rest in schools of the north"}
    assert not infer(other, TRIALS).says


def test_name_of_a_trial_that_the_records_do_not_know_stays_in_doubt():
    codes = {"Trial": lambda trial: f"CA-{trial.nct_id[-2:]}B"}
    assert infer(codes, TRIALS, {}).says == {"Trial": ("acronym",)}
    assert not infer(codes, TRIALS).says


def test_place_of_the_number_of_participants_is_that_which_agrees():
    """Planned and analysed, printed side by side: one place for all cells."""
    both = {"N planned/analysed": lambda trial: f"{trial['enrollment']}/{trial['enrollment'] - 9}"}
    inference = infer(both, TRIALS)
    assert inference.says == {"N planned/analysed": ("enrollment",)}
    assert inference.options("N planned/analysed") == {"participants": "first"}
    turned = {"N": lambda trial: f"{trial['enrollment'] - 9}/{trial['enrollment']}"}
    assert infer(turned, TRIALS).options("N") == {"participants": "second"}


def test_place_that_nothing_proves_is_not_chosen():
    both = {"N": lambda trial: f"{trial['enrollment']}/{trial['enrollment'] - 9}"}
    assert not infer(both, TRIALS, {}).says
    turned = {
        "N": lambda trial: (
            f"{trial['enrollment']}/1" if int(trial.nct_id[-1]) % 2 else f"1/{trial['enrollment']}"
        )
    }
    assert not infer(turned, TRIALS).says


def test_doubt_has_its_reason():
    columns = {"Status": TABLE["Status"], "Current status": TABLE["Status"]}
    [doubt] = [guess for guess in infer(columns, TRIALS).guesses if not guess.is_active]
    assert doubt.reason.endswith(" fits better")


def test_what_a_header_could_mean_and_no_cell_bears_out_is_not_mentioned():
    [guess] = infer({"Completion": fact("completion_date")}, TRIALS).guesses
    assert guess.field == "completion_date"
