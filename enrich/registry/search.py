"""The registry's own search: every trial that matches a query, page by page.

Only the facts that somebody screens by are asked for. An answer is taken whole or not at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from enrich.errors import Unusable
from enrich.record.screening import PIECES
from enrich.registry.connection import Connection, Request
from enrich.registry.pages import parse_json
from enrich.search.candidates import candidate_of
from enrich.search.models import Candidate

PAGE_SIZE = 1000  # the largest that the registry gives
_MOST_PAGES = 1000  # the whole registry has some 600


@dataclass(frozen=True)
class SearchPage:
    """The candidates of one page; *total* is the number of all hits, which the first page gives.

    *load* is the name of the load that answered, *token* leads to the next page.
    """

    candidates: tuple[Candidate, ...]
    total: int | None = None
    token: str | None = None
    load: str | None = None


def search_pages(
    connection: Connection, path: str, query: Mapping[str, str]
) -> Iterator[SearchPage]:
    """Every page that the registry has at *path* for *query*, one request each.

    Raises Refused where it cannot read the query, Unusable where an answer is no page, or the pages
    do not come to an end.
    """
    parameters = {**query, "fields": "|".join(PIECES), "pageSize": str(PAGE_SIZE)}
    first = Request(path, {**parameters, "countTotal": "true"})
    page = _ask(connection, first)
    tokens: set[str] = set()
    while True:
        yield page
        if page.token is None:
            return
        if page.token in tokens or len(tokens) == _MOST_PAGES:
            raise Unusable("the registry sends page after page without end")
        tokens.add(page.token)
        page = _ask(connection, Request(path, {**parameters, "pageToken": page.token}))


def _ask(connection: Connection, request: Request) -> SearchPage:
    reply = connection.ask(request, read_search_page)
    page: SearchPage | None = reply.body
    if page is None:
        raise Unusable("a page of the search has an unexpected format")
    return replace(page, load=reply.load)


def read_search_page(body: bytes | bytearray) -> SearchPage | None:
    """The page in *body*; None where it is none.

    Raises ValueError where it is not JSON, UnexpectedShape where a record on it has no id.
    """
    try:
        content = orjson.loads(body)
    except ValueError:
        content = parse_json(body)
    studies = content.get("studies") if isinstance(content, dict) else None
    if not isinstance(studies, list):
        return None
    total, token = content.get("totalCount"), content.get("nextPageToken")
    if not (isinstance(total, int | None) and isinstance(token, str | None)):
        return None
    return SearchPage(tuple(map(candidate_of, studies)), total, token)
