"""Any JSON is a record or an error that names a path: `python -m tests.fuzz.studies`."""

import sys

import atheris
import orjson

with atheris.instrument_imports(include=["enrich"]):
    from enrich.changes.diff import diff
    from enrich.errors import EnrichError
    from enrich.record.children import LISTS
    from enrich.record.fields import FIELDS, trial_of
    from enrich.record.identity import digest_of

from tests.fixtures.registry_server import set_path
from tests.fuzz import with_examples
from tests.hostile.test_mutated_records import (
    COLUMNS,
    cells_of,
    checked_verdict,
    has_wrong_shape,
    invented,
    table_of,
)

ORIGINALS = invented()
PLACES = (
    *(field.path for field in FIELDS.values() if "[]" not in field.path),
    *(members.path for members in LISTS.values()),
)

EXAMPLES = tuple(
    bytes([0, place]) + value
    for place, value in enumerate(
        (b'"2021-03-09"', b"14", b'["PHASE2"]', b'[{"type": "A"}]', b"true") * 12
    )
    if place < len(PLACES)
)


class _Mutant:
    def __init__(self, study: object) -> None:
        self.study, self.places, self.kinds = study, (), ()


def run_once(data: bytes) -> None:
    """Puts random JSON in the place of a fact; the first two bytes choose record and fact."""
    if len(data) < 3:
        return
    try:
        value = orjson.loads(data[2:])
    except ValueError:
        return
    original = ORIGINALS[data[0] % len(ORIGINALS)]
    study = orjson.loads(orjson.dumps(original))
    set_path(study, PLACES[data[1] % len(PLACES)], value)
    try:
        trial = trial_of(study)
        digest_of(study)
    except EnrichError:
        return
    diff(original, study)
    _, row = table_of(cells_of(original)[0])
    for column in COLUMNS:
        for name in column.says:
            checked_verdict(column, name, row.cells[name], trial, _Mutant(study))
    assert all((name in trial.faults) == has_wrong_shape(study, name) for name in FIELDS)


if __name__ == "__main__":
    atheris.Setup(with_examples(sys.argv, EXAMPLES), run_once)
    atheris.Fuzz()
