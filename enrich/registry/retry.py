"""What a status means, when a request is repeated, after how long, and when we stop asking: all of
it here.

The registry documents no rate limit and no Retry-After; the figures follow its measured behaviour
and common manners.
"""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from enrich.errors import RegistryError, Unreachable, Unusable

if TYPE_CHECKING:
    import tenacity

_Reply = TypeVar("_Reply")


class Meaning(StrEnum):
    """What the registry means by a status, whatever else the answer holds."""

    ANSWER = "answer"
    NOT_MODIFIED = "nothing was loaded since"
    ELSEWHERE = "the record has another id"
    MALFORMED = "the request cannot be read: one wrong id is enough"
    ABSENT = "there is no such thing"
    FORBIDDEN = "this client is refused"
    BUSY = "too many requests"
    PASSING = "a temporary fault"
    TOO_MUCH = "the request asks for too much at once"
    REFUSED = "the request is refused"


STATUS_MEANING: Mapping[int, Meaning] = {
    200: Meaning.ANSWER,
    301: Meaning.ELSEWHERE,
    302: Meaning.ELSEWHERE,
    303: Meaning.ELSEWHERE,
    304: Meaning.NOT_MODIFIED,
    307: Meaning.ELSEWHERE,
    308: Meaning.ELSEWHERE,
    400: Meaning.MALFORMED,
    403: Meaning.FORBIDDEN,
    404: Meaning.ABSENT,
    413: Meaning.TOO_MUCH,
    414: Meaning.TOO_MUCH,
    429: Meaning.BUSY,
    431: Meaning.TOO_MUCH,
    500: Meaning.PASSING,
    502: Meaning.PASSING,
    503: Meaning.PASSING,
    504: Meaning.PASSING,
}


def meaning_of(status: int) -> Meaning:
    """What *status* means; one that the table does not name is a refusal, which asking again does
    not change.
    """
    return STATUS_MEANING.get(status, Meaning.REFUSED)


class Retryable(Unusable):
    """A fault that passes: worth asking again, after *seconds* if the registry names a time."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyRequests(Retryable):
    """The registry is busy (429): it asks for fewer requests, not for none."""


class NoResponse(Unreachable):
    """Nothing came back at all, or it broke off: worth asking again."""


class CutShort(RegistryError):
    """An answer that began and is not whole. Asking for less may bring a whole one."""


class BrokenOff(NoResponse, CutShort):
    """The connection ended, or the time was over, before the end of the answer."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often one request is repeated, after how long, and when asking is given up.

    All times are seconds.
    """

    attempts: int = 5
    attempts_before_halving: int = 2  # of a request for several records whose answer is cut short
    budget: float = 120.0  # for all attempts of one request together
    unreachable_budget: float = 10.0  # the same for a host that never answered
    longest_wait: float = 60.0  # a Retry-After beyond it is a refusal for this run
    first_wait: float = 1.0  # doubled at each attempt, with some chance added
    slowest_wait: float = 30.0
    # Between two requests once the registry has answered 429: so much at least, a step more for
    # each further 429, up to the slowest; and half a step less after so many answers without one.
    slowed_pace: float = 2.0
    pace_step: float = 1.0
    slowest_pace: float = 8.0
    answers_to_recover: int = 5
    failures_in_a_row: int = 3  # of requests, after which asking on would only add load
    # A filter on the way may refuse one request by chance; who is refused twice is not wanted.
    refusals_in_a_row: int = 2

    def wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next attempt: as long as the registry asks for, else ever longer."""
        error = _error_of(state)
        asked_for = error.seconds if isinstance(error, Retryable) else None
        if asked_for is not None:
            return asked_for
        from tenacity import wait_exponential_jitter

        return wait_exponential_jitter(self.first_wait, self.slowest_wait)(state)

    def gives_up(
        self,
        state: tenacity.RetryCallState,
        elapsed: float,
        busy: int,
        *,
        ever_answered: bool,
        divisible: bool = False,
    ) -> bool:
        """Whether to stop asking, *elapsed* seconds after the first attempt began, of which *busy*
        were answered by 429.

        *divisible*: the caller can ask for the same records in smaller requests.

        A host that never answered is given up sooner than one that says "later", and a wait that is
        longer than we accept is never begun. Who is busy is asked as long as there is time: being
        asked more slowly is what it wants.
        """
        error = _error_of(state)
        if isinstance(error, Retryable) and (error.seconds or 0) > self.longest_wait:
            return True
        if divisible and isinstance(error, CutShort):
            return state.attempt_number >= self.attempts_before_halving
        silent = isinstance(error, NoResponse) and not ever_answered
        budget = self.unreachable_budget if silent else self.budget
        is_over = elapsed + state.upcoming_sleep >= budget
        return is_over or state.attempt_number - busy >= self.attempts


def ask_until_answered(
    ask: Callable[[], _Reply],
    giving_up: GivingUp,
    wait: Callable[[tenacity.RetryCallState], float],
    sleep: Callable[[float], None],
    before_sleep: Callable[[tenacity.RetryCallState], None],
) -> _Reply:
    """What *ask* gives, asked again after faults that pass, until *giving_up* says so.

    tenacity, which loads much that a client without faults does not need, is imported at the first
    fault: it counts that as the first attempt.
    """
    try:
        return ask()
    except (Retryable, NoResponse) as error:
        first_fault: list[Exception] = [error]

    def attempt() -> _Reply:
        if first_fault:
            raise first_fault.pop()
        return ask()

    from tenacity import Retrying, retry_if_exception_type

    retrying = Retrying(
        retry=retry_if_exception_type((Retryable, NoResponse)),
        wait=wait,
        stop=giving_up,
        sleep=sleep,
        before_sleep=before_sleep,
        reraise=True,
    )
    return retrying(attempt)


class GivingUp:
    """Decides by *policy* when the attempts of one request end: tenacity calls it after each."""

    def __init__(
        self,
        policy: RetryPolicy,
        monotonic: Callable[[], float],
        ever_answered: Callable[[], bool],
        *,
        divisible: bool = False,
    ) -> None:
        self._policy, self._monotonic, self._ever_answered = policy, monotonic, ever_answered
        self._divisible = divisible
        self._began = monotonic()
        self._busy = 0

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        self._busy += isinstance(_error_of(state), TooManyRequests)
        elapsed = self._monotonic() - self._began
        return self._policy.gives_up(
            state,
            elapsed,
            self._busy,
            ever_answered=self._ever_answered(),
            divisible=self._divisible,
        )


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


class Pace:
    """At least *seconds* between the beginnings of two requests; more while the registry says that
    it is busy.
    """

    def __init__(
        self,
        seconds: float,
        policy: RetryPolicy,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._wanted = self._seconds = seconds
        self._policy = policy
        self._monotonic, self._sleep = monotonic, sleep
        self._last_request: float | None = None
        self._answers = 0

    @property
    def seconds(self) -> float:
        """The least time between two requests, as it is now."""
        return self._seconds

    def keep(self) -> None:
        """Waits until the next request may be sent."""
        if self._last_request is not None:
            early = self._last_request + self._seconds - self._monotonic()
            if early > 0:
                self._sleep(min(early, self._seconds))
        self._last_request = self._monotonic()

    def slow_down(self) -> None:
        """The registry answered 429: a step slower, up to the slowest pace."""
        slower = max(self._seconds + self._policy.pace_step, self._policy.slowed_pace)
        self._seconds = max(self._wanted, min(slower, self._policy.slowest_pace))
        self._answers = 0

    def recover(self) -> None:
        """The registry answered: after some answers in a row, half a step back to the pace that was
        wanted.
        """
        self._answers += 1
        if self._seconds > self._wanted and self._answers >= self._policy.answers_to_recover:
            self._seconds = max(self._wanted, self._seconds - self._policy.pace_step / 2)
            self._answers = 0


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After asks for; None where it is missing or cannot be read.

    It may be a number or a date. A date is counted from the answer's own Date, by the server's
    clock: ours may be wrong, and is not asked.

    >>> seconds_to_wait({"Retry-After": "7"})
    7.0
    >>> day = "Fri, 04 Sep 2026"
    >>> seconds_to_wait({"Retry-After": f"{day} 09:00:20 GMT", "Date": f"{day} 09:00:00 GMT"})
    20.0
    """
    asked_for = headers.get("Retry-After", "").strip()
    if asked_for.isdecimal():
        return float(asked_for)
    until, now = _moment(asked_for), _moment(headers.get("Date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _moment(http_date: str) -> datetime | None:
    """The moment that a header names, in UTC;
    None where it is not a date, or beyond the calendar.
    """
    try:
        moment = email.utils.parsedate_to_datetime(http_date)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
