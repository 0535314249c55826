"""Where commands get the time from. The only place that asks the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Time:
    """Where commands get the time from: *clock* gives it (ISO, UTC), *sleep* lets it pass.

    Tests give their own.
    """

    clock: Callable[[], str] = _utc_now
    sleep: Callable[[float], None] = time.sleep
