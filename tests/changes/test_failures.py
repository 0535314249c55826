"""Which failures a run reports: lasting ones in their third run, and again when they end."""

import pytest

from enrich.changes.failures import Failure, reportable_failures
from enrich.models import ProblemKind

OUTAGE = Failure(ProblemKind.UNREACHABLE, None, "no answer", "2026-09-08T06:00:00+00:00", 3)
ONE_TRIAL = Failure(ProblemKind.NOT_CHECKED, "NCT00000001", "500", "2026-09-07T06:00:00+00:00", 3)


@pytest.mark.parametrize(
    "lasting, ended, reported",
    [
        pytest.param([], [], [], id="nothing failed"),
        pytest.param(
            [
                Failure(ProblemKind.UNREACHABLE, None, "no answer", "2026-09-08", runs)
                for runs in (1, 2, 4, 30)
            ],
            [],
            [],
            id="only in the third run",
        ),
        pytest.param(
            [
                OUTAGE,
                *(
                    Failure(ProblemKind.NOT_CHECKED, f"NCT{n}", "no answer", OUTAGE.since, 3)
                    for n in "12"
                ),
            ],
            [],
            [()],
            id="an outage explains its trials",
        ),
        pytest.param(
            [OUTAGE, ONE_TRIAL],
            [],
            [("NCT00000001",), ()],
            id="a trial that failed before the outage is reported by itself",
        ),
        pytest.param(
            [],
            [Failure(ProblemKind.UNREACHABLE, None, "no answer", "2026-09-08", 2)],
            [],
            id="what was never reported does not end",
        ),
        pytest.param(
            [],
            [Failure(ProblemKind.UNREACHABLE, None, "no answer", "2026-09-08", 7)],
            [()],
            id="what was reported ends",
        ),
    ],
)
def test_a_failure_is_reported_in_its_third_run_and_when_it_ends(lasting, ended, reported):
    assert [
        failure.nct_ids
        for failure in reportable_failures(lasting, ended, "2026-09-10T06:00:00+00:00")
    ] == reported
