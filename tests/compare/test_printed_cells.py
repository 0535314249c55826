"""Invented cells in the manner of published tables, each judged by hand."""

import pytest

from enrich.compare.verdicts import compare_field
from enrich.models import Column, Trial
from tests.compare.printed_cells import FOLDER, printed_cells


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.txt")))
def test_every_printed_cell_gets_its_verdict(name):
    wrong = [
        f"{printed.cell!r} against {printed.facts}: {verdict}, not {printed.right} ({note})"
        for printed in printed_cells(name)
        for verdict, note in [verdict_of(printed)]
        if verdict != printed.right
    ]
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong])


def verdict_of(printed):
    trial = Trial("NCT01234567", printed.facts)
    found = compare_field(Column("Cell", printed.says), printed.says[0], printed.cell, trial)
    return (found.verdict, found.claim or found.note) if found else (None, None)
