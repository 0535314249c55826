"""Notices about papers as news of the runs, and the requests that a run sent about papers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from enrich.models import NoticeKind, PaperNews
from enrich.storage.database import Database, in_clause, json_ids

_NEWS_COLUMNS = "trial_id, kind, doi, pmid, citation, day, notice_doi, is_results_paper, is_news"


def save_paper_news(database: Database, found: Iterable[PaperNews]) -> list[PaperNews]:
    """Notes what was *found* and not noted before, and gives it. The next run reports it.

    A notice is the same if it has the same day or the same DOI, as the data fills in the other
    later. It is noted again when the paper has become the results paper.
    """
    noted: dict[tuple[str, NoticeKind], list[PaperNews]] = {}
    for news in _paper_news(database.fetch_tuples(f"select {_NEWS_COLUMNS}, '' from paper_news")):
        noted.setdefault((news.nct_id, news.kind), []).append(news)
    new = []
    for news in found:
        of_kind = noted.setdefault((news.nct_id, news.kind), [])
        if not any(_repeats(news, earlier) for earlier in of_kind):
            of_kind.append(news)
            new.append(news)
    with database.transaction():
        database.executemany(
            f"insert into paper_news ({_NEWS_COLUMNS}, seen_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(news.nct_id, str(news.kind), *list(vars(news).values())[2:]) for news in new],
        )
    return new


def _repeats(news: PaperNews, earlier: PaperNews) -> bool:
    return (
        _have_common((news.doi, news.pmid), (earlier.doi, earlier.pmid))
        and (news.day == earlier.day or _have_common((news.notice_doi,), (earlier.notice_doi,)))
        and (earlier.is_news or not news.is_news)
    )


def _have_common(ids: Iterable[str | None], others: Iterable[str | None]) -> bool:
    return bool({*ids} & {*others} - {None})


def _paper_news(rows: Iterable[Sequence[Any]]) -> Iterator[PaperNews]:
    """A PaperNews for each row of its columns and the time of first sight."""
    for trial_id, kind, doi, pmid, citation, day, notice_doi, is_results, is_news, seen_at in rows:
        yield PaperNews(
            *(trial_id, NoticeKind(kind), doi, pmid, citation, day, notice_doi),
            *(bool(is_results), bool(is_news), seen_at),
        )


def claim_paper_news(database: Database, run_id: int, trial_ids: Collection[str]) -> None:
    """Makes what waits about these trials the news of a run, in the transaction of the caller."""
    database.execute(
        f"update paper_news set run_id = ? where run_id is null {in_clause('trial_id', trial_ids)}",
        [run_id, *json_ids(trial_ids)],
    )


def read_paper_news(
    database: Database, first: int, last: int, *, with_waiting: bool
) -> tuple[PaperNews, ...]:
    """The news of the runs from *first* to *last*, and what waits for the next run if wanted.

    What a run found itself was seen when it ended, as its other news.
    """
    return tuple(
        _paper_news(
            database.fetch_tuples(
                f"""
        select {_NEWS_COLUMNS},
          case when n.seen_at >= r.started_at then coalesce(r.finished_at, n.seen_at)
            else n.seen_at end
        from paper_news n left join runs r on r.id = n.run_id
        where n.run_id between ? and ? or (? and n.run_id is null)
        order by n.id""",
                first,
                last,
                with_waiting,
            )
        )
    )


def count_service_requests(database: Database, run_id: int, requests: Mapping[str, int]) -> None:
    """Adds to the requests that a run sent to each service, in the transaction of the caller."""
    database.executemany(
        "insert into service_requests (run_id, service, requests) values (?, ?, ?)"
        " on conflict (run_id, service) do update set requests = requests + excluded.requests",
        [(run_id, service, number) for service, number in requests.items()],
    )
