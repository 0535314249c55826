"""The papers of trials and the notices about them, as the database keeps them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from enrich.models import NoticeKind, Trial
from enrich.papers.notices import Notice
from enrich.papers.ranking import PaperRole, RankedPaper, Reference, ReferenceType
from enrich.storage.database import Database, in_clause, json_ids
from enrich.storage.trials import read_trials

NOTICES = "the Retraction Watch data"
"""The name of the source of notices among the services that were asked."""
RECORDS = "the records"
"""The name of the records themselves among them: their references were ranked."""


@dataclass(frozen=True)
class TrialPapers:
    """The ranked papers of a trial, and the notices about each of them by DOI or PubMed id."""

    ranked: tuple[RankedPaper, ...]
    notices: Mapping[str, tuple[Notice, ...]]

    def notices_of(self, reference: Reference) -> tuple[Notice, ...]:
        """The notices about one paper, each once."""
        return notices_about(reference, self.notices)


def notices_by_id(notices: Iterable[Notice]) -> dict[str, tuple[Notice, ...]]:
    """The notices by the DOI and by the PubMed id of their papers, in their order."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        for key in {notice.doi, notice.pmid} - {None}:
            found.setdefault(str(key), []).append(notice)
    return {key: tuple(of_paper) for key, of_paper in found.items()}


def notices_about(
    reference: Reference, by_id: Mapping[str, Sequence[Notice]]
) -> tuple[Notice, ...]:
    """The notices about one paper among those of `notices_by_id`, each once."""
    keys = (reference.doi, reference.pmid)
    return tuple(dict.fromkeys(notice for key in keys if key for notice in by_id.get(key, ())))


def read_listed_trials(database: Database) -> dict[str, Trial]:
    """The trials that the stored tables name, by the order of the rows; those without a record are
    left out.
    """
    listed = [
        trial_id
        for (trial_id,) in database.fetch_tuples(
            """
            select coalesce(a.trial_id, n.nct_id)
            from rows r
            join row_ids n on n.row_id = r.id
            left join answers a on a.nct_id = n.nct_id
            order by r.table_id, r.position, n.nct_id"""
        )
    ]
    trials = read_trials(database, set(listed))
    return {nct_id: trials[nct_id] for nct_id in dict.fromkeys(listed) if nct_id in trials}


def read_publications(database: Database, trial_ids: Iterable[str]) -> dict[str, list[Reference]]:
    """The references that the records of these trials name, in the order of the records."""
    ids = list(trial_ids)
    found: dict[str, list[Reference]] = {}
    for nct_id, pmid, kind, citation, trials in database.fetch_tuples(
        f"""
        select p.nct_id, p.pmid, p.type, p.citation, count(distinct o.nct_id)
        from publications p
        left join publications o on o.pmid = p.pmid
        where true {in_clause("p.nct_id", ids)}
        group by p.id
        order by p.id""",
        *json_ids(ids),
    ):
        reference = Reference(_type(kind), pmid, None, citation, max(1, trials))
        found.setdefault(nct_id, []).append(reference)
    return found


def _type(printed: str | None) -> ReferenceType:
    """A type that the registry may add later is taken for background, which decides least."""
    try:
        return ReferenceType(printed or "")
    except ValueError:
        return ReferenceType.BACKGROUND


def save_papers(database: Database, ranked: Mapping[str, Sequence[RankedPaper]]) -> None:
    """Replaces the papers of these trials."""
    with database.transaction():
        database.executemany(
            "delete from papers where trial_id = ?", [(trial_id,) for trial_id in ranked]
        )
        database.executemany(
            "insert into papers (trial_id, place, role, points, grounds, type, pmid, doi, citation)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(trial_id, place, str(paper.role), paper.points),
                    json.dumps(paper.grounds, ensure_ascii=False),
                    str(paper.reference.type),
                    *(paper.reference.pmid, paper.reference.doi, paper.reference.citation),
                )
                for trial_id, papers in ranked.items()
                for place, paper in enumerate(papers, 1)
            ],
        )


def save_notices(database: Database, notices: Iterable[Notice], today: str) -> None:
    """Replaces the notices; those that were there keep their first day. *today* is an ISO day."""
    first_seen = {
        notice: day
        for *parts, day in database.fetch_tuples(
            "select kind, doi, pmid, day, notice_doi, first_seen from paper_notices"
        )
        for notice in [_notice(parts)]
    }
    with database.transaction():
        database.execute("delete from paper_notices")
        database.executemany(
            "insert into paper_notices (kind, doi, pmid, day, notice_doi, first_seen)"
            " values (?, ?, ?, ?, ?, ?)",
            [
                (str(notice.kind), *notice[1:], first_seen.get(notice, today))
                for notice in dict.fromkeys(notices)
            ],
        )


def _notice(parts: Sequence[str | None]) -> Notice:
    kind, *columns = parts
    return Notice(NoticeKind(str(kind)), *columns)


def save_check(database: Database, service: str, day: str) -> None:
    """Notes that *service* was asked with success, for data of the ISO *day*."""
    with database.transaction():
        database.execute(
            "insert or replace into paper_checks (service, checked_on) values (?, ?)",
            (service, day),
        )


def read_check(database: Database, service: str) -> str | None:
    """The ISO day for which *service* was last asked with success, or None."""
    day: str | None = database.fetch_value(
        "select checked_on from paper_checks where service = ?", service
    )
    return day


def read_papers(database: Database, trial_ids: Iterable[str]) -> dict[str, TrialPapers]:
    """The stored papers of these trials, the likeliest results paper of each first."""
    ids = list(trial_ids)
    by_id = notices_by_id(
        _notice(parts)
        for parts in database.fetch_tuples(
            "select kind, doi, pmid, day, notice_doi from paper_notices order by day, id"
        )
    )
    ranked: dict[str, list[RankedPaper]] = {}
    for trial_id, role, points, grounds, kind, pmid, doi, citation in database.fetch_tuples(
        f"""
        select trial_id, role, points, grounds, type, pmid, doi, citation from papers
        where true {in_clause("trial_id", ids)} order by trial_id, place""",
        *json_ids(ids),
    ):
        reference = Reference(ReferenceType(kind), pmid, doi, citation)
        paper = RankedPaper(reference, points, PaperRole(role), tuple(json.loads(grounds)))
        ranked.setdefault(trial_id, []).append(paper)
    return {trial_id: TrialPapers(tuple(papers), by_id) for trial_id, papers in ranked.items()}
