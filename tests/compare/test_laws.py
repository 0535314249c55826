"""Laws that every reader of cells keeps, whatever words it knows."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrich.compare.cells.reading import Cell
from enrich.compare.cells.scan import VOCABULARIES
from enrich.compare.rules import RULES
from enrich.compare.verdicts import compare_field
from enrich.compare.vocabulary import code_label
from enrich.models import Claim, Column, Trial, Verdict

# Fields whose labels may stand side by side in one cell.
FIELDS = ("phases", "allocation", "intervention_model", "masking", "overall_status")
# A comma in a label parts two words that may stand apart: "blinding, open label".
LABELS = {
    field: sorted(
        label for label in (*vocabulary.anywhere, *vocabulary.segment) if "," not in label
    )
    for field, vocabulary in VOCABULARIES.items()
    if field in FIELDS
} | {"phases": ["phase 1", "phase ii", "phase 2/3", "phase iv"]}
NOUNS = ("recruit", "accru", "enrol", "inclusion", "patient", "stud", "trial")
# Words that no table of ours knows.
WORDS = st.text("bcdfgjklmnprtvz", min_size=4, max_size=9)


def read(field, text, fields=FIELDS):
    return RULES[field].read(Cell(text, fields))


def codes(reading):
    """The codes that a reading agrees with; None where it claims nothing."""
    return set(reading.value.agree) if isinstance(reading, Claim) else None


@st.composite
def labels(draw):
    field = draw(st.sampled_from(FIELDS))
    return field, draw(st.sampled_from(LABELS[field]))


@given(labels(), WORDS, st.booleans())
def test_unknown_words_never_make_a_reader_claim_more(label, word, in_front):
    field, text = label
    alone = codes(read(field, text))
    among = codes(read(field, f"{word} {text}" if in_front else f"{text} {word}"))
    assert among is None or (alone is not None and among <= alone)


@given(
    labels(), st.sampled_from(("not {}", "no {}", "never {}", "without {}", "{}: no", "{} - no"))
)
def test_a_negated_label_never_gives_its_assertion(label, negated):
    field, text = label
    asserted = codes(read(field, text))
    # "No recruitment, on hold" and "not recruiting: closed" deny their first word; the rest stands.
    first, *more = text.split(" ")
    is_behind = negated.startswith("{}")
    assume(is_behind or not more or not (first.startswith(NOUNS) or codes(read(field, first))))
    assume(asserted and " no" not in f" {text}" and "non" not in text and "without" not in text)
    denied = codes(read(field, negated.format(text)))
    assert not denied or not asserted <= denied


@given(labels(), labels(), st.sampled_from(("; ", "\n", " | ")))
def test_parting_and_joining_cells_commute(first, second, separator):
    """Two statements about two fields mean together what each means alone, or cannot be read."""
    assume(first[0] != second[0])
    joined = f"{first[1]}{separator}{second[1]}"
    for field, text in (first, second):
        alone, together = codes(read(field, text)), codes(read(field, joined))
        other = codes(read(field, second[1] if text == first[1] else first[1]))
        assume(other is None)
        assert together is None or together == alone


@pytest.mark.parametrize("field", [field for field in VOCABULARIES if field in RULES])
def test_what_the_registry_prints_of_a_code_agrees_with_that_code(field):
    """The words and the codes that the site and its download print, in every letter case."""
    agreeing = {code for _, found in VOCABULARIES[field].codes() for code in found.agree}
    for code in sorted(agreeing):
        fact = (code,) if field == "phases" else {"true": True, "false": False}.get(code, code)
        trial = Trial("NCT00000001", {field: fact})
        for text in (code_label(field, code), code, code.replace("_", " ").capitalize()):
            comparison = compare_field(Column(field, (field,)), field, text, trial)
            assert comparison is None or comparison.verdict != Verdict.DIFFERS, (text, comparison)
