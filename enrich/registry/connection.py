"""One request to the registry at a time, with its pace, its retries and its bounds: path in, body
out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from enrich import HOMEPAGE, __version__
from enrich.errors import NotFound, Refused, RegistryError, UnexpectedShape, Unusable
from enrich.registry.deadline import DeadlineAdapter, TookTooLong
from enrich.registry.pages import parse_json
from enrich.registry.prefetch import Prefetcher
from enrich.registry.retry import (
    BrokenOff,
    CutShort,
    GivingUp,
    Meaning,
    NoResponse,
    Pace,
    Retryable,
    RetryPolicy,
    TooManyRequests,
    ask_until_answered,
    meaning_of,
    seconds_to_wait,
)

if TYPE_CHECKING:
    import tenacity  # of use only where a request is asked again

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Limits:
    """The bounds of an honest answer. Beyond them it is given up, and nothing of it is believed."""

    connect_seconds: float = 3.0
    read_seconds: float = 60.0  # of silence within an answer
    gate_seconds: float = 8.0  # the same for the gate, which is small
    # A whole answer, headers included, may take so many times as long, however steadily it
    # trickles.
    deadline_factor: float = 5.0
    # The largest single record is 3.6 MB, a batch 2 MB on average. A batch beyond this bound is
    # halved.
    bytes: int = 64 * 1024 * 1024
    gate_bytes: int = 64 * 1024
    # Ids in one request: their address is 2.9 KB, within the 4 KB that every proxy lets through.
    ids: int = 200
    # What is remembered of refusals goes no lower: one record too large must not make a request of
    # each id.
    fewest_ids: int = 25
    # What an answer should hold at most on average: where records are large, fewer are asked for.
    page_bytes: int = 8 * 1024 * 1024
    # Larger than any batch: a page that is exactly full comes with a token to one more, empty page.
    page_size: int = 250
    # A batch fits on one page; the registry may split it, but not without end.
    pages: int = 50


class Request(NamedTuple):
    """What is asked for: a *path* below the service's root; *nct_id* if it is about one record.

    *media_type* is a part of the name of what the answer must be. A request that *is_divisible* can
    be made as several smaller ones.
    """

    path: str
    query: Mapping[str, str] = NOTHING
    headers: Mapping[str, str] = NOTHING
    is_gate: bool = False
    nct_id: str | None = None
    media_type: str = "json"
    is_divisible: bool = False


@dataclass(frozen=True)
class Reply:
    """A parsed *body* with the name of the load it is of, or the id that the registry points to
    instead, or that nothing was loaded since."""

    body: Any
    load: str | None
    moved_to: str | None = None
    not_modified: bool = False


class UnreadableBody(Retryable, CutShort):
    """A body, called JSON, that cannot be read as a whole; it came with the name of a *load*."""

    def __init__(self, service: str, body: bytearray, load: str | None) -> None:
        super().__init__(f"the answer of {service} is cut short or is not JSON")
        self.body, self.load = body, load


class Malformed(Refused):
    """The registry cannot read the request (400): one bad id sinks a whole batch."""


class TooMuch(Refused):
    """The request asks for too much at once (413, 414, 431)."""


class TooLarge(Unusable):
    """The answer went beyond the bound and was dropped."""


class Connection:
    """The service at *root*, asked one request at a time, at least *pace* seconds apart.

    *service* is its name in messages.
    """

    def __init__(
        self,
        root: str,
        *,
        pace: float,
        limits: Limits,
        policy: RetryPolicy,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        log: Callable[[str], None],
        warn: Callable[[str], None] = lambda line: None,
        contact: str | None = None,
        service: str = "the registry",
    ) -> None:
        self._root, self._service = _without_credentials(root).rstrip("/"), service
        self._limits, self._policy = limits, policy
        self._sleep, self._monotonic = sleep, monotonic
        self._log, self._warn = log, warn
        self._pace = Pace(pace, policy, monotonic=monotonic, sleep=sleep)
        self._session = _session(limits.deadline_factor, monotonic, contact)
        self._session.auth = _authentication(root)
        self._prefetcher = Prefetcher(self._send, partial(self._count, requests=1))
        self._has_answered = self._was_busy = False
        self._failures = 0
        self._refusals = 0
        self._uncounted = (0, 0)

    @property
    def exhausted(self) -> bool:
        """Whether so many requests in a row failed for good that asking on would only add load."""
        return self._failures >= self._policy.failures_in_a_row or self._is_unwanted

    @property
    def _is_unwanted(self) -> bool:
        return self._refusals >= self._policy.refusals_in_a_row

    def take_counts(self) -> tuple[int, int]:
        """Requests and retries since this was last asked."""
        counts, self._uncounted = self._uncounted, (0, 0)
        return counts

    def _count(self, requests: int = 0, retries: int = 0) -> None:
        self._uncounted = (self._uncounted[0] + requests, self._uncounted[1] + retries)

    def send_ahead(self, request: Request) -> None:
        """Sends *request* in the background; `ask` takes the answer.

        Still one request at a time.
        """
        self._prefetcher.start(request)

    def discard_ahead(self) -> None:
        """Drops what was sent ahead: its answer may be of an earlier load."""
        self._prefetcher.discard()

    def forgive(self) -> None:
        """An answer was of use after all: failures in a row are counted from here."""
        self._failures = self._refusals = 0

    # --- one request, with its retries

    def ask(self, request: Request, read: Callable[[bytearray], Any] = parse_json) -> Reply:
        """The reply to *request*, its body as *read* makes it of the bytes.

        Raises Unreachable, Refused, NotFound or Unusable once every attempt has failed.
        """
        giving_up = GivingUp(
            self._policy,
            self._monotonic,
            lambda: self._has_answered,
            divisible=request.is_divisible,
        )
        try:
            reply = ask_until_answered(
                lambda: self._request(request, read),
                giving_up,
                self._policy.wait,
                self._sleep,
                self._note_retry,
            )
        except (Malformed, TooMuch, NotFound):
            raise
        except RegistryError:
            self._failures += 1
            raise
        self.forgive()
        return reply

    def _note_retry(self, state: tenacity.RetryCallState) -> None:
        self._count(retries=1)
        error = state.outcome.exception() if state.outcome else None
        self._log(f"{error}; asking again in {state.upcoming_sleep:.0f} s")

    def _request(self, request: Request, read: Callable[[bytearray], Any]) -> Reply:
        try:
            response, body = self._prefetcher.get(request)
        except TookTooLong as error:
            raise BrokenOff(str(error)) from error
        except (*_NOTHING_CAME, urllib3.exceptions.HTTPError) as error:
            host = urlsplit(self._root).netloc
            # Before the body begins, requests names its own errors.
            has_begun = isinstance(error, urllib3.exceptions.HTTPError)
            kind = BrokenOff if has_begun else NoResponse
            raise kind(f"no answer from {host} ({_short_reason(error)})") from error
        # Odd proxies and certificates of the environment are ValueErrors and OSErrors.
        except (requests.RequestException, ValueError, OSError) as error:
            raise Refused(f"cannot ask {self._root}: {_short_reason(error)}") from error
        return self._interpret(response, body, request, read)

    def _send(self, request: Request) -> tuple[requests.Response, bytearray]:
        """One request and its whole body, unpacked."""
        self._pace.keep()
        limits = self._limits
        silence = limits.gate_seconds if request.is_gate else limits.read_seconds
        with self._session.get(
            self._root + request.path,
            params=request.query,
            headers=request.headers,
            timeout=(limits.connect_seconds, silence),
            stream=True,
            allow_redirects=False,
        ) as response:
            self._has_answered = True
            return response, _body(response, limits.gate_bytes if request.is_gate else limits.bytes)

    def _interpret(
        self,
        response: requests.Response,
        body: bytearray,
        request: Request,
        read: Callable[[bytearray], Any],
    ) -> Reply:
        """Only a 200 with a whole JSON body is an answer; every other status has one meaning."""
        meaning, load = meaning_of(response.status_code), response.headers.get("ETag")
        self._adapt_pace(meaning)
        if meaning is Meaning.ANSWER:
            self._check_media_type(response, request.media_type)
            return Reply(self._read(response, body, read), load)
        if meaning is Meaning.NOT_MODIFIED:
            return Reply(None, load, not_modified=True)
        if meaning is Meaning.ELSEWHERE and "Location" in response.headers:
            return Reply(None, load, moved_to=_moved_to(response, self._root, request.nct_id))
        raise self._error_for_status(response, meaning, _body_excerpt(body), request.nct_id)

    def _adapt_pace(self, meaning: Meaning) -> None:
        """Asks more slowly while the registry is busy, and says so the first time."""
        if meaning is not Meaning.BUSY:
            self._pace.recover()
            return
        self._pace.slow_down()
        if not self._was_busy:
            self._was_busy = True
            self._warn(f"{self._service} slows us down (429): its records come later than usual")

    def _check_media_type(self, response: requests.Response, expected: str) -> None:
        content_type = _content_type(response)
        if expected not in content_type:
            what = content_type or "no type"
            raise Retryable(f"{self._service} answers with {what} instead of {expected.upper()}")

    def _read(
        self, response: requests.Response, body: bytearray, read: Callable[[bytearray], Any]
    ) -> Any:
        try:
            return read(body)
        except UnexpectedShape as error:
            raise Unusable(f"the answer of {self._service} cannot be used: {error}") from error
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(self._service, body, response.headers.get("ETag")) from error

    def _error_for_status(
        self, response: requests.Response, meaning: Meaning, excerpt: str, nct_id: str | None
    ) -> RegistryError:
        status, shown = response.status_code, _shown(excerpt)
        if meaning in (Meaning.BUSY, Meaning.PASSING):
            kind = TooManyRequests if meaning is Meaning.BUSY else Retryable
            return kind(
                f"{self._service} answers {status}{shown}", seconds_to_wait(response.headers)
            )
        if meaning is Meaning.FORBIDDEN:
            return self._refusal()
        if meaning is Meaning.ABSENT and nct_id is None:
            return NotFound(f"{self._service} has nothing there{shown}")
        if meaning is Meaning.ABSENT and _names(response, excerpt, nct_id):
            return NotFound(excerpt)
        refusal = _REFUSALS.get(meaning, Refused)
        return refusal(f"{self._service} refuses the request ({status}){shown}")

    def _refusal(self) -> RegistryError:
        self._refusals += 1
        message = (
            f"{self._service} refuses this client (403); "
            "a proxy or filter on the way answers so, too"
        )
        return Refused(message) if self._is_unwanted else Retryable(message)


def user_agent(contact: str | None = None) -> str:
    """How the client names itself, with a *contact* (e-mail address or URL) for the registry's
    operators.

    >>> user_agent("team@example.org").partition(" ")[2]
    '(+team@example.org)'
    """
    address = contact or HOMEPAGE
    return f"enrich/{__version__} (+{address})" if address else f"enrich/{__version__}"


class _Session(requests.Session):
    """A session that resolves no redirect: requests would read its body whole, whatever it unpacks
    to, and parse its target, however malformed, even where it does not follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, so that requests takes every answer for the last one;
        `_moved_to` reads the target.
        """


def _authentication(root: str) -> Callable[[Any], Any]:
    """Sends the user name and password in *root* to its host, or none: those that a .netrc has for
    that host, or by default for any, are no concern of the registry.
    """
    user, password = requests.utils.get_auth_from_url(root)
    return HTTPBasicAuth(user, password) if user or password else lambda request: request


def _without_credentials(root: str) -> str:
    parts = urlsplit(root)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _session(
    deadline_factor: float, monotonic: Callable[[], float], contact: str | None
) -> requests.Session:
    """Proxies of the environment are honoured, certificates always verified."""
    session = _Session()
    session.headers.update(
        {
            "User-Agent": user_agent(contact),
            "Accept": "application/json",
            "Cache-Control": "no-cache",  # a cache on the way may not answer without asking
        }
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(deadline_factor, monotonic))
    return session


# --- what went wrong, in a few words

_REFUSALS = {Meaning.MALFORMED: Malformed, Meaning.TOO_MUCH: TooMuch}

_NOTHING_CAME = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
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


def _short_reason(error: Exception) -> str:
    """The cause in a few words: the messages of the libraries below nest several deep."""
    if isinstance(error, requests.Timeout):
        return "timed out"
    message = str(error).lower()
    return next((words for part, words in _REASONS if part in message), type(error).__name__)


# --- bodies


def _body(response: requests.Response, most: int) -> bytearray:
    """The unpacked body; TooLarge beyond *most* bytes, as no honest answer is."""
    body = bytearray()
    while part := response.raw.read1(1 << 16, decode_content=True):
        body += part
        if len(body) > most:
            raise TooLarge(f"an answer of more than {most / (1 << 20):.3g} MB was not read")
    return body


def _body_excerpt(body: bytearray) -> str:
    """The first words of an error, which are text."""
    return body.decode("utf-8", "replace")[:500].strip()


def _shown(excerpt: str) -> str:
    """An excerpt behind a sentence; nothing of a web page."""
    return "" if not excerpt or excerpt.startswith("<") else f": {excerpt}"


def _names(response: requests.Response, excerpt: str, nct_id: str | None) -> bool:
    """Whether a 404 is the registry's own, about this very id: others come from a proxy."""
    is_text = "text/plain" in _content_type(response)
    return is_text and re.search(rf"\b{nct_id}\b", excerpt) is not None


def _content_type(response: requests.Response) -> str:
    return str(response.headers.get("Content-Type", "")).lower()


def _moved_to(response: requests.Response, root: str, nct_id: str | None) -> str:
    """The id that a redirect leads to; Refused for one to anywhere but a record
    of this registry.
    """
    location = response.headers["Location"]
    try:
        target = urlsplit(urljoin(str(response.url), location))
        is_here = target.netloc == urlsplit(root).netloc
    except ValueError:  # what is not an address leads nowhere
        target, is_here = urlsplit(""), False
    found = re.fullmatch(r".*/studies/(NCT\d{8})", target.path)
    if not nct_id or not is_here or not found:
        raise Refused(
            f"the registry points to {location[:200]}, which is not a record of it; not followed"
        )
    return found[1]
