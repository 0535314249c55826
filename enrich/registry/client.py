"""Asks ClinicalTrials.gov: which load of the registry is in force, which studies it has, what became of an id.

The manners kept here (pace, retries, what may be believed) follow the registry's documentation and its measured behaviour.
Nothing is stored here, and nothing is compared.
"""

import email.utils
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3

from enrich import HOMEPAGE, __version__
from enrich.errors import NotFound, Refused, RegistryError, UnexpectedShape, Unreachable, Unusable
from enrich.models import Load
from enrich.record.raw import PageRecord
from enrich.registry.deadline import TimelyAdapter, TookTooLong
from enrich.registry.pages import Page, parsed, read_page, read_record, read_what_can_be
from enrich.registry.prefetch import Ahead

# The registry documents no Retry-After; one that asks for longer is taken as a refusal for this run.
LONGEST_WAIT = 60.0
SLOWED_PACE = 2.0

_STUDIES = "/api/v2/studies"
_TRANSIENT = frozenset((429, 500, 502, 503, 504))
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Limits:
    """What an honest answer keeps to: beyond it, it is given up, and nothing of it is believed."""

    connect_seconds: float = 3.0
    read_seconds: float = 60.0  # of silence within an answer
    gate_seconds: float = 8.0  # the same for the gate, which is small
    whole: float = 5.0  # a whole answer, with its headers, may take so many times as long, however steadily it trickles
    attempts: int = 5
    seconds: float = 120.0  # for all attempts together
    silent_seconds: float = 10.0  # the same for a host that never answered: more would be of no use
    # The largest single record is 3.6 MB, a batch 2 MB on average. A batch beyond this bound is halved.
    bytes: int = 128 * 1024 * 1024
    gate_bytes: int = 64 * 1024
    # Larger than any batch: a page that is exactly full comes with a token to one more, empty page.
    page_size: int = 200
    # A batch fits on one page; the registry may split it, but not without end.
    pages: int = 50


@dataclass(frozen=True)
class Answer:
    """A parsed body, or the place that the registry points to instead, or that nothing was loaded since."""

    body: Any
    load: str | None
    moved_to: str | None = None
    not_modified: bool = False


class _Request(NamedTuple):
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = _NONE
    is_gate: bool = False


class _Wait(Unusable):
    """A passing fault: worth asking again, after *seconds* if the registry said so."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class _Unreadable(_Wait):
    """A body, called JSON, that cannot be read as a whole; it came with the name of a *load*."""

    def __init__(self, body: bytearray, load: str | None) -> None:
        super().__init__("the registry's answer is cut short or is not JSON")
        self.body, self.load = body, load


class _NoAnswer(Unreachable):
    """Nothing came back at all, or it broke off."""


class _Malformed(Refused):
    """The registry cannot read the request (400): one bad id sinks a whole batch."""


class _TooLarge(Unusable):
    """The answer went beyond the bound and was dropped."""


_ORDINARY = Limits()


class Registry:
    """The registry at *root*, asked one request at a time with at least *pace* seconds between two."""

    def __init__(
        self,
        root: str,
        *,
        pace: float = 1.0,
        limits: Limits = _ORDINARY,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._root = root.rstrip("/")
        self._pace = pace
        self._limits = limits
        self._sleep = sleep
        self._clock = clock
        self._told = told
        self._session = _session(limits.whole, clock)
        self._last_asked: float | None = None
        self._answered = False
        self._streak = 0
        self._refusals = 0
        self._uncounted = (0, 0)
        self._line = Ahead(self._send, partial(self._count, requests=1))

    # --- what can be asked

    def gate(self, known: Load | None = None) -> Load:
        """The load in force, in one cheap request; *known* itself where nothing was loaded since."""
        headers = {"If-None-Match": known.name} if known and known.name.startswith('"') else {}
        self._line.forget()
        answer = self._ask("/api/v2/version", headers=headers, is_gate=True)
        if answer.not_modified and known and answer.load in (None, known.name):
            return known
        load = _load_of(answer)
        return known if known and load.name == known.name else load

    def studies(self, nct_ids: Sequence[str], known: Mapping[str, str] = _NONE) -> Iterator[Page]:
        """The records of these well-formed ids, page by page; ids that the registry does not know are silently left out.

        *known* leads from marks (`printed.mark_of`) to ids: a record whose line has one of these is only named, not read.
        A batch that the registry cannot read, or whose answer is too large, is halved, until only the id in question is left.
        """
        try:
            yield from self._pages(self._query(nct_ids), known)
        except (_Malformed, _TooLarge):
            if len(nct_ids) == 1 or self.exhausted:
                raise
            middle = len(nct_ids) // 2
            yield from self.studies(nct_ids[:middle], known)
            yield from self.studies(nct_ids[middle:], known)

    def send_ahead(self, nct_ids: Sequence[str]) -> None:
        """Asks for these in the background; when `studies` is called with the same ids it takes the answer. There is one request at a time all the same.

        What was sent ahead is forgotten when somebody asks for the gate, as its answer may be of the load before.
        """
        self._line.begin(_Request(_STUDIES, self._query(nct_ids)))

    def study(self, nct_id: str) -> tuple[PageRecord, str | None]:
        """The one record that *nct_id* leads to, also where it was merged into another; with the name of the load.

        Raises NotFound where the registry says that there is no such id, Unusable where it answers with another record.
        """
        answer = self._ask(f"{_STUDIES}/{nct_id}", asked_for=nct_id, read=read_record)
        if answer.moved_to:
            moved_to = answer.moved_to
            answer = replace(
                self._ask(f"{_STUDIES}/{moved_to}", asked_for=moved_to, read=read_record),
                moved_to=moved_to,
            )
        if not isinstance(answer.body, PageRecord):
            raise Unusable(f"the answer about {nct_id} is not a record")
        _must_be(answer.body, nct_id, answer.moved_to)
        return answer.body, answer.load

    def take_counts(self) -> tuple[int, int]:
        """Requests and retries since this was last asked."""
        counts = self._uncounted
        self._uncounted = (0, 0)
        return counts

    def history(self, path: str) -> Any:
        """What the registry's own site reads of a record's history: undocumented, so the caller trusts no shape."""
        return self._ask(f"/api/int/studies/{path}", asked_for=path.partition("/")[0]).body

    # --- pages

    def _query(self, nct_ids: Sequence[str]) -> dict[str, str]:
        return {"filter.ids": ",".join(nct_ids), "pageSize": str(self._limits.page_size)}

    def _pages(self, query: dict[str, str], known: Mapping[str, str]) -> Iterator[Page]:
        seen: set[str] = set()
        tokens: set[str] = set()
        token: str | None = None
        while True:
            page = self._page({**query, **({"pageToken": token} if token else {})}, known).without(
                seen
            )
            seen.update(page.ids)
            yield page
            token = page.token
            if token is None:
                return
            if token in tokens or len(tokens) == self._limits.pages:
                raise Unusable("the registry's pages do not come to an end")
            tokens.add(token)

    def _page(self, query: Mapping[str, str], known: Mapping[str, str]) -> Page:
        page: Page | None
        try:
            answer = self._ask(_STUDIES, query, read=partial(read_page, known=known))
            page, load = answer.body, answer.load
        except _Unreadable as error:
            page, load = read_what_can_be(error.body, known), error.load
            if page is None:
                raise
            self._streak = self._refusals = 0
        if page is None:
            raise Unusable("a page of the registry is not of the expected shape")
        return replace(page, load=load)

    # --- one request, with its retries

    def _ask(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        is_gate: bool = False,
        asked_for: str | None = None,
        read: Callable[[bytearray], Any] = parsed,
    ) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((_Wait, _NoAnswer)),
            wait=_wait,
            stop=self._give_up,
            sleep=self._sleep,
            before_sleep=self._note_retry,
            reraise=True,
        )
        try:
            answer = retrying(
                self._once, path, query or {}, headers or {}, is_gate, asked_for, read
            )
        except (_Malformed, NotFound):
            raise
        except RegistryError:
            self._streak += 1
            raise
        self._streak = self._refusals = 0
        return answer

    def _give_up(self, state: tenacity.RetryCallState) -> bool:
        """Silence is given up sooner than an answer that says "later"; a wait longer than we bear ends at once."""
        error = state.outcome.exception() if state.outcome else None
        silent = isinstance(error, _NoAnswer) and not self._answered
        too_long = isinstance(error, _Wait) and (error.seconds or 0) > LONGEST_WAIT
        budget = tenacity.stop_before_delay(
            self._limits.silent_seconds if silent else self._limits.seconds
        )
        return too_long or (tenacity.stop_after_attempt(self._limits.attempts) | budget)(state)

    def _note_retry(self, state: tenacity.RetryCallState) -> None:
        self._count(retries=1)
        error = state.outcome.exception() if state.outcome else None
        self._told(f"{error}; asking again in {state.upcoming_sleep:.0f} s")

    def _count(self, requests: int = 0, retries: int = 0) -> None:
        self._uncounted = (self._uncounted[0] + requests, self._uncounted[1] + retries)

    @property
    def exhausted(self) -> bool:
        """Whether three requests in a row failed for good, so that asking on would only add load."""
        return self._streak >= 3 or self._forbidden

    @property
    def _forbidden(self) -> bool:
        """A filter on the way may refuse one request by chance; who is refused twice in a row is not wanted."""
        return self._refusals > 1

    def _once(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        is_gate: bool,
        asked_for: str | None,
        read: Callable[[bytearray], Any],
    ) -> Answer:
        try:
            response, body = self._line.answer(_Request(path, query, headers, is_gate))
        except TookTooLong as error:
            raise _NoAnswer(str(error)) from error
        except (*_NOTHING_CAME, urllib3.exceptions.HTTPError) as error:
            raise _NoAnswer(
                f"no answer from {urlsplit(self._root).netloc} ({_reason(error)})"
            ) from error
        except requests.RequestException as error:
            raise Refused(f"cannot ask {self._root}: {_reason(error)}") from error
        return self._judged(response, body, asked_for, read)

    def _send(self, asked: _Request) -> tuple[requests.Response, bytearray]:
        """One request and its whole body, unpacked."""
        self._keep_pace()
        silence, most = (
            (self._limits.gate_seconds, self._limits.gate_bytes)
            if asked.is_gate
            else (self._limits.read_seconds, self._limits.bytes)
        )
        waits = (self._limits.connect_seconds, silence)
        url = self._root + asked.path
        with self._session.get(
            url,
            params=asked.query,
            headers=asked.headers,
            timeout=waits,
            stream=True,
            allow_redirects=False,
        ) as response:
            self._answered = True
            return response, self._body(response, most)

    def _keep_pace(self) -> None:
        if self._last_asked is not None:
            early = self._last_asked + self._pace - self._clock()
            if early > 0:
                self._sleep(min(early, self._pace))
        self._last_asked = self._clock()

    def _body(self, response: requests.Response, most: int) -> bytearray:
        """The unpacked body, as long as it is of a size that an honest answer has."""
        body = bytearray()
        while part := response.raw.read1(1 << 16, decode_content=True):
            body += part
            if len(body) > most:
                raise _TooLarge(f"an answer of more than {most / (1 << 20):.3g} MB was not read")
        return body

    def _judged(
        self,
        response: requests.Response,
        body: bytearray,
        asked_for: str | None,
        read: Callable[[bytearray], Any],
    ) -> Answer:
        """Only a 200 with a whole JSON body is an answer; every other status has its one meaning here."""
        status = response.status_code
        load = response.headers.get("ETag")
        if status == 304:
            return Answer(None, load, not_modified=True)
        if response.is_redirect:
            return Answer(None, load, moved_to=_moved_to(response, self._root, asked_for))
        if status != 200:
            raise self._fault(response, body.decode("utf-8", "replace")[:500].strip(), asked_for)
        return Answer(_read(response, body, read), load)

    def _fault(
        self, response: requests.Response, said: str, asked_for: str | None
    ) -> RegistryError:
        status = response.status_code
        if status == 429:
            self._pace = max(self._pace * 2, SLOWED_PACE)
        if status in _TRANSIENT:
            return _Wait(f"the registry answers {status}{_words(said)}", _retry_after(response))
        if (
            status == 404
            and asked_for
            and re.search(rf"\b{asked_for}\b", said)
            and "text/plain" in _content_type(response)
        ):
            return NotFound(said)
        if status == 404 and not asked_for:
            return NotFound(f"the registry has nothing there{_words(said)}")
        if status == 403:
            self._refusals += 1
            words = "the registry refuses this client (403); a proxy or filter on the way answers so too"
            return Refused(words) if self._forbidden else _Wait(words)
        return (_Malformed if status == 400 else Refused)(
            f"the registry refuses the request ({status}){_words(said)}"
        )


def _session(whole: float, clock: Callable[[], float]) -> requests.Session:
    """The one place where the client says who it is. Proxies of the environment are honoured, certificates always verified."""
    session = requests.Session()
    session.headers.update(
        {"User-Agent": f"enrich/{__version__} (+{HOMEPAGE})", "Accept": "application/json"}
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, TimelyAdapter(whole, clock))
    return session


# --- retries

_NOTHING_CAME = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)

_backoff = tenacity.wait_exponential_jitter(initial=1, max=30)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    said = error.seconds if isinstance(error, _Wait) else None
    return said if said is not None else _backoff(state)


def _retry_after(response: requests.Response) -> float | None:
    """The seconds that a Retry-After asks for, which may be a number or a date; None where it says neither."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(
            0.0, (email.utils.parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        )
    except (ValueError, TypeError):
        return None


def _reason(error: Exception) -> str:
    """The cause in a few words: the messages of the libraries below nest several deep."""
    if isinstance(error, requests.Timeout):
        return "timed out"
    return next(
        (words for sign, words in _REASONS if sign in str(error).lower()), type(error).__name__
    )


# What the messages of requests, urllib3 and the operating system have in common.
_REASONS = (
    ("resolve", "its name cannot be resolved"),
    ("refused", "connection refused"),
    ("proxy", "the proxy does not let it through"),
    ("certificate", "its certificate is not valid"),
    ("ssl", "no secure connection"),
    ("incompleteread", "the answer was cut off"),
    ("decod", "the answer cannot be unpacked"),
    ("reset", "connection reset"),
    ("aborted", "connection closed"),
    ("unreachable", "the network is unreachable"),
    ("timed out", "timed out"),
)


def _words(said: str) -> str:
    return "" if not said or said.lstrip().startswith("<") else f": {said}"


# --- bodies


def _content_type(response: requests.Response) -> str:
    return str(response.headers.get("Content-Type", "")).lower()


def _read(response: requests.Response, body: bytearray, read: Callable[[bytearray], Any]) -> Any:
    if "json" not in _content_type(response):
        raise _Wait(
            f"the registry answers with {_content_type(response) or 'no type'} instead of JSON"
        )
    try:
        return read(body)
    except UnexpectedShape as error:
        raise Unusable(f"the registry's answer is no record: {error}") from error
    except (ValueError, RecursionError) as error:
        raise _Unreadable(body, response.headers.get("ETag")) from error


def _load_of(answer: Answer) -> Load:
    told = answer.body if isinstance(answer.body, Mapping) else {}
    timestamp, version = told.get("dataTimestamp"), told.get("apiVersion")
    name = answer.load or timestamp
    if not isinstance(name, str) or not isinstance(version, str):
        raise Unusable("the registry does not say which data it holds")
    return Load(name, timestamp if isinstance(timestamp, str) else None, version)


def _moved_to(response: requests.Response, root: str, asked_for: str | None) -> str:
    """The id that a redirect leads to; one to anywhere but a record of this registry is not followed."""
    target = urljoin(str(response.url), response.headers["Location"])
    found = re.fullmatch(r".*/studies/(NCT\d{8})", urlsplit(target).path)
    if not asked_for or urlsplit(target).netloc != urlsplit(root).netloc or not found:
        raise Refused(
            f"the registry points to {target[:200]}, which is no record of it; not followed"
        )
    return found[1]


def _must_be(study: PageRecord, nct_id: str, moved_to: str | None) -> None:
    """Refuses an answer about another record than the one asked for or pointed to: neither its id nor one of its aliases."""
    if study.nct_id != moved_to if moved_to else nct_id not in study.names:
        raise Unusable(f"asked for {nct_id}, the registry answered with {study.nct_id}")
