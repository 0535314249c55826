"""Asks ClinicalTrials.gov: which load is in force, which studies it has, what became of an id.

The manners kept here (pace, retries, what may be believed) follow the registry's documentation and
its measured behaviour. Nothing is stored here, and nothing is compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from enrich.errors import RegistryError, Unusable
from enrich.models import RegistryLoad
from enrich.record.raw import PageRecord
from enrich.registry.batch_size import BatchSize
from enrich.registry.connection import (
    NOTHING,
    Connection,
    Limits,
    Malformed,
    Reply,
    Request,
    TooLarge,
    TooMuch,
    UnreadableBody,
)
from enrich.registry.pages import Page, read_page, read_record, salvage_page
from enrich.registry.retry import CutShort, RetryPolicy

if TYPE_CHECKING:
    from enrich.registry.search import SearchPage

_STUDIES = "/api/v2/studies"
_VERSION = "/api/v2/version"
_INTERNAL_STUDIES = "/api/int/studies"  # what the registry's own site reads; undocumented

_LIMITS, _POLICY = Limits(), RetryPolicy()


class Registry:
    """The registry at *root*, asked one request at a time with at least *pace* seconds between two.

    *log* gets a line for each retry, *warn* one for a person where the registry slows us down.
    *contact* (e-mail address or URL) is sent with each request, for the registry's operators.
    *sleep* and *monotonic* are the time of pace and deadlines.
    """

    def __init__(
        self,
        root: str,
        *,
        pace: float = 1.0,
        limits: Limits = _LIMITS,
        policy: RetryPolicy = _POLICY,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        log: Callable[[str], None] = lambda line: None,
        warn: Callable[[str], None] = lambda line: None,
        contact: str | None = None,
    ) -> None:
        self._limits = limits
        self._batch_size = BatchSize(limits.ids, limits.fewest_ids, limits.page_bytes)
        self._connection = Connection(
            root,
            pace=pace,
            limits=limits,
            policy=policy,
            sleep=sleep,
            monotonic=monotonic,
            log=log,
            warn=warn,
            contact=contact,
        )

    @property
    def exhausted(self) -> bool:
        """Whether so many requests in a row failed for good that asking on would only add load."""
        return self._connection.exhausted

    def take_counts(self) -> tuple[int, int]:
        """Requests and retries since this was last asked."""
        return self._connection.take_counts()

    @property
    def batch_size(self) -> int:
        """How many ids a request asks for at most, by what this run has learned."""
        return self._batch_size.ids

    # --- what can be asked

    def current_load(self, known: RegistryLoad | None = None) -> RegistryLoad:
        """The load in force, in one cheap request; *known* itself where nothing was loaded since.

        It is the gate of a run: what was sent ahead is dropped, as its answer may be of an earlier
        load.
        """
        headers = {"If-None-Match": known.name} if known and known.name.startswith('"') else {}
        self._connection.discard_ahead()
        reply = self._connection.ask(Request(_VERSION, headers=headers, is_gate=True))
        if reply.not_modified and known and reply.load in (None, known.name):
            return known
        load = _load_of(reply)
        return known if known and load.name == known.name else load

    def studies(
        self, nct_ids: Sequence[str], digests: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """The records of these well-formed ids, answer by answer; ids that the registry does not
        know are left out.

        *digests* leads from line digests (`record.raw`) to ids: a record whose line has one of
        these is only named, not read. A batch that the registry cannot read or finds too long, or
        whose answer is too large or cut short, is halved, until only the id in question is left.
        """
        for part in self._parts(nct_ids):
            try:
                yield from self._pages(self._query(part), digests)
            except (Malformed, TooMuch, TooLarge, CutShort) as error:
                if len(part) == 1 or self.exhausted:
                    raise
                if isinstance(error, TooMuch | CutShort):
                    self._batch_size.refused(len(part))
                middle = len(part) // 2
                yield from self.studies(part[:middle], digests)
                yield from self.studies(part[middle:], digests)

    def _parts(self, nct_ids: Sequence[str]) -> Iterator[Sequence[str]]:
        """*nct_ids* in requests that are not too long, as far as is known when each is due."""
        while nct_ids:
            size = self.batch_size
            yield nct_ids[:size]
            nct_ids = nct_ids[size:]

    def send_ahead(self, nct_ids: Sequence[str]) -> None:
        """Asks for these in the background; `studies` with the same ids takes the answer.

        There is still one request at a time.
        """
        part = next(self._parts(nct_ids))
        self._connection.send_ahead(_search(self._query(part)))

    def study(self, nct_id: str) -> tuple[PageRecord, str | None]:
        """The one record that *nct_id* leads to, also where it was merged into another; with the
        name of the load.

        Raises NotFound where the registry says that there is no such id, Unusable where it answers
        with another record.
        """
        reply = self._ask_study(nct_id)
        if reply.moved_to:
            reply = replace(self._ask_study(reply.moved_to), moved_to=reply.moved_to)
        if not isinstance(reply.body, PageRecord):
            raise Unusable(f"the answer about {nct_id} is not a record")
        _check_identity(reply.body, nct_id, reply.moved_to)
        return reply.body, reply.load

    def _ask_study(self, nct_id: str) -> Reply:
        return self._connection.ask(Request(f"{_STUDIES}/{nct_id}", nct_id=nct_id), read_record)

    def search(self, query: Mapping[str, str]) -> Iterator[SearchPage]:
        """The trials that match *query* (parameters of the registry), page by page.

        Raises Refused where the registry cannot read the query.
        """
        from enrich.registry.search import search_pages  # few tables have a search

        return search_pages(self._connection, _STUDIES, query)

    def history(self, path: str) -> Any:
        """What the registry's own site reads of a record's history, at *path*
        (`NCT…/history[/VERSION]`).

        It is undocumented, so the caller trusts no shape.
        """
        nct_id = path.partition("/")[0]
        return self._connection.ask(Request(f"{_INTERNAL_STUDIES}/{path}", nct_id=nct_id)).body

    # --- pages

    def _query(self, nct_ids: Sequence[str]) -> dict[str, str]:
        return {"filter.ids": ",".join(nct_ids), "pageSize": str(self._limits.page_size)}

    def _pages(self, query: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[Page]:
        """The pages of one query as one, unless the registry was reloaded between two of them: a
        record on an early page may be contradicted on a late one.

        What came before a fault is given before the fault is raised.
        """
        answer: Page | None = None
        try:
            for page in self._walk(query, digests):
                if answer and page.load != answer.load:
                    yield answer
                    answer = page
                else:
                    answer = answer.followed_by(page) if answer else page
        except RegistryError:
            if answer:
                yield answer
            raise
        if answer:
            yield answer

    def _walk(self, query: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[Page]:
        """Every page of one query; Unusable where their tokens do not come to an end."""
        tokens: set[str] = set()
        size = 0
        page = self._page(query, digests)
        while True:
            size += sum(len(study.line) for study in page.studies)
            if size > self._limits.bytes:
                raise TooLarge(f"the pages of an answer hold more than {size >> 20} MB")
            yield page
            if page.token is None:
                return
            if page.token in tokens or len(tokens) == self._limits.pages:
                raise Unusable("the registry sends page after page without end")
            tokens.add(page.token)
            page = self._page({**query, "pageToken": page.token}, digests)

    def _page(self, query: Mapping[str, str], digests: Mapping[str, str]) -> Page:
        page: Page | None
        size = 0

        def read(body: bytes | bytearray) -> Page | None:
            nonlocal size
            size = len(body)
            return read_page(body, digests)

        try:
            reply = self._connection.ask(_search(query), read)
            page, load = reply.body, reply.load
        except UnreadableBody as error:
            page, load = salvage_page(error.body, digests), error.load
            if page is None:
                raise
            self._connection.forgive()
        if page is None:
            raise Unusable("a page of the registry has an unexpected format")
        self._batch_size.received(len(page.ids), size)
        return replace(page, load=load)


def _search(query: Mapping[str, str]) -> Request:
    """A request for one page; one for several ids can be made as smaller requests."""
    return Request(_STUDIES, query, is_divisible="," in query["filter.ids"])


def _load_of(reply: Reply) -> RegistryLoad:
    """The load that the gate names by its tag, or by its time where it has no tag."""
    body = reply.body if isinstance(reply.body, Mapping) else {}
    timestamp, version = body.get("dataTimestamp"), body.get("apiVersion")
    name = reply.load or timestamp
    if not isinstance(name, str) or not isinstance(version, str):
        raise Unusable("the registry does not give the date of its data")
    return RegistryLoad(name, timestamp if isinstance(timestamp, str) else None, version)


def _check_identity(study: PageRecord, nct_id: str, moved_to: str | None) -> None:
    """Refuses an answer about another record than the one asked for or pointed to."""
    is_another = study.nct_id != moved_to if moved_to else nct_id not in study.ids
    if is_another:
        raise Unusable(f"asked for {nct_id}, the registry answered with {study.nct_id}")
