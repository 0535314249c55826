"""Trials: facts, versions of records, the ledger of changes, answers of the registry."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from enrich.changes.versioning import IngestDecision, StoredVersion
from enrich.models import (
    Answer,
    Change,
    RegistryAnswer,
    Significance,
    Study,
    Trial,
    TrialOutcome,
)
from enrich.record.fields import trial_of
from enrich.storage.database import Database, errors_naming, in_clause, json_ids, placeholders
from enrich.storage.rows import (
    TRIAL_COLUMNS,
    stored_version_from_row,
    study_from_column,
    trial_from_row,
    trial_row,
    version_row,
)
from enrich.storage.schema.derived import unpack_past_versions
from enrich.storage.search import replace_child_rows

# --- reading


def read_trials(database: Database, nct_ids: Collection[str] | None = None) -> dict[str, Trial]:
    """All trials, or those that *nct_ids* name, by each id that leads to them."""
    renamed = dict(
        database.fetch_tuples(
            f"""
            select nct_id, trial_id from answers
            where trial_id is not null {in_clause("nct_id", nct_ids)}""",
            *json_ids(nct_ids),
        )
    )
    wanted = None if nct_ids is None else {*nct_ids, *renamed.values()}
    rows = database.fetch_tuples(
        f"""
        select {", ".join(TRIAL_COLUMNS)} from trials
        where true {in_clause("nct_id", wanted)}""",
        *json_ids(wanted),
    )
    with errors_naming(database.path):
        trials = {trial.nct_id: trial for trial in map(trial_from_row, rows)}
    return {**trials, **{nct_id: trials[trial_id] for nct_id, trial_id in renamed.items()}}


def read_study(database: Database, nct_id: str, version: int) -> Study:
    """A version of a record as the registry gave it."""
    ((stored,),) = database.fetch_tuples(
        "select study from versions where nct_id = ? and version = ?", nct_id, version
    )
    with errors_naming(database.path):
        study = study_from_column(stored)
        # A deflated record is parsed here, where the database can be named if it is damaged.
        len(study)
    return study


def read_latest_studies(database: Database, nct_ids: Iterable[str]) -> dict[str, Study]:
    """The newest stored record of each of these trials, as the registry gave it."""
    rows = database.fetch_tuples(
        f"""
        select nct_id, max(version), study from versions
        where true {in_clause("nct_id", nct_ids)} group by nct_id""",
        *json_ids(nct_ids),
    )
    studies: dict[str, Study] = {}
    with errors_naming(database.path):
        for nct_id, _, stored in rows:
            studies[nct_id] = study_from_column(stored)
            len(studies[nct_id])  # parsed here, as in `read_study`
    return studies


class LatestStudies(Mapping[str, Study]):
    """The newest stored record of each of these trials, read when it is asked for.

    All records of a large table would take gigabytes.
    """

    def __init__(self, database: Database, nct_ids: Iterable[str]) -> None:
        self._database = database
        self._ids = dict.fromkeys(nct_ids)

    def __getitem__(self, nct_id: str) -> Study:
        return read_latest_studies(self._database, [nct_id])[nct_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def read_latest_versions(
    database: Database, nct_ids: Iterable[str] | None = None
) -> dict[str, StoredVersion]:
    """The newest stored version of every record, or of those among *nct_ids*."""
    rows = database.fetch_tuples(
        f"""
        select t.nct_id, v.version, v.digest, v.complete, t.retrieved_at, t.aliases
        from trials t join versions v on v.nct_id = t.nct_id
        where v.version = (select max(version) from versions where nct_id = t.nct_id)
          {in_clause("t.nct_id", nct_ids)}""",
        *json_ids(nct_ids),
    )
    return {nct_id: stored_version_from_row(*columns) for nct_id, *columns in rows}


def read_line_digests(database: Database, nct_ids: Iterable[str]) -> dict[str, str]:
    """The ids of these trials, by the digest of the line on which their record last came."""
    return dict(
        database.fetch_tuples(
            f"select digest, nct_id from line_digests where true {in_clause('nct_id', nct_ids)}",
            *json_ids(nct_ids),
        )
    )


class TrialFreshness(NamedTuple):
    """When the registry last confirmed the facts of a trial, and where they are from."""

    checked_at: str | None
    data_timestamp: str | None
    stale_since: str | None
    source: str
    gone_since: str | None


_FRESHNESS = TrialFreshness._fields


def read_trials_with_freshness(
    database: Database, records: Mapping[str, str]
) -> dict[str, tuple[Trial, TrialFreshness]]:
    """By printed id the trial and how fresh its facts are, where there is a record.

    *records* has for each printed id that of its record.
    """
    wanted = {*records.values()}
    columns = (*TRIAL_COLUMNS, *_FRESHNESS)
    rows = database.fetch_tuples(
        f"select {', '.join(columns)} from trials where true {in_clause('nct_id', wanted)}",
        *json_ids(wanted),
    )
    with errors_naming(database.path):
        found = {
            row[0]: (
                trial_from_row(row),
                TrialFreshness(*row[-len(_FRESHNESS) :]),
            )
            for row in rows
        }
    return {nct_id: found[record] for nct_id, record in records.items() if record in found}


def read_load_dates(database: Database, nct_ids: Iterable[str]) -> dict[str, str]:
    """From which load of the registry the records of these trials are, where that is known."""
    return dict(
        database.fetch_tuples(
            f"""
            select nct_id, data_timestamp from trials
            where data_timestamp is not null {in_clause("nct_id", nct_ids)}""",
            *json_ids(nct_ids),
        )
    )


def newest_data_timestamp(database: Database, until: str) -> str | None:
    """The newest load of the registry, until the day *until* (ISO), that any trial comes from."""
    timestamp: str | None = database.fetch_value(
        "select max(data_timestamp) from trials where substr(data_timestamp, 1, 10) <= ?", until
    )
    return timestamp


# --- writing


def save_decisions(
    database: Database, run_id: int, decisions: Sequence[IngestDecision], *, checked: bool
) -> None:
    """Writes what was decided about the records of one answer, in the caller's transaction.

    *checked*: the registry has just confirmed all of them.
    """
    fresh = [decision for decision in decisions if decision.trial]
    _save_trials(database, fresh)
    _save_versions(database, run_id, fresh)
    replace_child_rows(
        database,
        [
            (decision.trial, decision.children)
            for decision in fresh
            if decision.trial and decision.children
        ],
        new={decision.record.nct_id for decision in fresh if decision.outcome == TrialOutcome.NEW},
    )
    add_changes(
        database,
        run_id,
        (
            (decision.record.nct_id, decision.version, change)
            for decision in fresh
            for change in decision.changes
        ),
    )
    _save_line_digests(database, decisions)
    if checked:
        _confirm(
            database,
            (
                (
                    decision.record.data_timestamp,
                    decision.record.retrieved_at,
                    decision.record.nct_id,
                )
                for decision in decisions
            ),
        )


def _save_trials(database: Database, decisions: Sequence[IngestDecision]) -> None:
    updates = ", ".join(f"{column} = excluded.{column}" for column in TRIAL_COLUMNS[1:])
    database.executemany(
        f"""
        insert into trials ({", ".join(TRIAL_COLUMNS)}) values ({placeholders(TRIAL_COLUMNS)})
        on conflict (nct_id) do update set {updates}""",
        [trial_row(decision.record, decision.trial) for decision in decisions if decision.trial],
    )


def _save_versions(database: Database, run_id: int, decisions: Sequence[IngestDecision]) -> None:
    """Adds a row for each new version. The same content in another form replaces the stored one.

    The column is text all the same: SQLite casts the record's bytes in a sixth of the time that
    decoding them to a string of Python costs.
    """
    database.executemany(
        """
        insert into versions
          (nct_id, version, run_id, seen_at, last_update_posted, digest, complete, study)
        values (?, ?, ?, ?, ?, ?, ?, coalesce(cast(? as text), ?))
        on conflict (nct_id, version) do update set
          digest = excluded.digest, study = excluded.study""",
        [version_row(decision, run_id) for decision in decisions if decision.trial],
    )
    changed = [decision.record.nct_id for decision in decisions if decision.version > 1]
    if changed:
        unpack_past_versions(database, changed)


def _save_line_digests(database: Database, decisions: Sequence[IngestDecision]) -> None:
    """A new content that came without its line must not keep the digest of an earlier line."""
    database.executemany(
        "delete from line_digests where nct_id = ?",
        [
            (decision.record.nct_id,)
            for decision in decisions
            if decision.trial and not decision.record.line_digest
        ],
    )
    database.executemany(
        """
        insert into line_digests (nct_id, digest) values (?, ?)
        on conflict (nct_id) do update set digest = excluded.digest""",
        [
            (decision.record.nct_id, decision.record.line_digest)
            for decision in decisions
            if decision.record.line_digest
        ],
    )


def confirm_trials(
    database: Database, nct_ids: Iterable[str], at: str, data_timestamp: str | None
) -> None:
    """Notes that the registry showed these records unchanged at this time, in this load."""
    _confirm(database, ((data_timestamp, at, nct_id) for nct_id in nct_ids))


def _confirm(database: Database, rows: Iterable[tuple[str | None, str, str]]) -> None:
    database.executemany(
        """
        update trials
        set data_timestamp = ?, checked_at = ?, stale_since = null, gone_since = null,
          merged_into = null
        where nct_id = ?""",
        rows,
    )


def mark_gone(database: Database, nct_id: str, since: str) -> None:
    """Notes that the registry no longer has this record."""
    database.execute(
        "update trials set gone_since = coalesce(gone_since, ?) where nct_id = ?", [since, nct_id]
    )


def mark_stale(database: Database, nct_ids: Iterable[str], since: str) -> None:
    """Notes that the trials of these printed ids could not be confirmed."""
    _mark(database, nct_ids, "stale_since = coalesce(stale_since, ?)", since)


def mark_checked(database: Database, nct_ids: Iterable[str], at: str) -> None:
    """Notes that the registry confirmed the trials of these printed ids."""
    _mark(database, nct_ids, "checked_at = ?, stale_since = null", at)


def _mark(database: Database, nct_ids: Iterable[str], assignments: str, at: str) -> None:
    database.executemany(
        f"""
        update trials set {assignments}
        where nct_id in (?, (select trial_id from answers where nct_id = ?))""",
        [(at, nct_id, nct_id) for nct_id in nct_ids],
    )


# --- the ledger of changes


def add_changes(
    database: Database, run_id: int, changes: Iterable[tuple[str, int, Change]]
) -> None:
    """Adds rows to the ledger: the trial's id, the version that brought the change, the change."""
    database.executemany(
        """
        insert into changes (run_id, nct_id, version, field, item, before, after, kind)
        values (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                *(run_id, nct_id, version),
                *(change.field, change.item, change.before, change.after, change.kind),
            )
            for nct_id, version, change in changes
        ],
    )


def read_silent_changes(database: Database, nct_id: str, field: str) -> list[tuple[str, Trial]]:
    """When a fact changed though the record's date of last update stayed the same.

    Gives, oldest first, the day on which each such change was seen (ISO), and the facts before it.
    """
    found = database.fetch_tuples(
        """
        select substr(v.seen_at, 1, 10), c.version
        from changes c
        join versions v using (nct_id, version)
        join versions b on b.nct_id = c.nct_id and b.version = c.version - 1
          and b.complete and b.last_update_posted is v.last_update_posted
        where c.nct_id = ? and c.field = ? order by c.version""",
        nct_id,
        field,
    )
    return [(day, trial_of(read_study(database, nct_id, version - 1))) for day, version in found]


def read_absorbed(database: Database, nct_id: str) -> Trial | None:
    """The last facts under an id that the registry has since merged into another record."""
    found = database.fetch_tuples(
        "select max(version) from versions where nct_id = ? and complete", nct_id
    )
    version = found[0][0]
    return None if version is None else trial_of(read_study(database, nct_id, version))


def read_last_changes(database: Database, nct_id: str) -> list[Change]:
    """The newest change of each fact of a trial."""
    found = database.fetch_tuples(
        """
        select field, before, after, kind, item, max(id) from changes
        where nct_id = ? group by field, item""",
        nct_id,
    )
    return [
        Change(field, before, after, Significance(kind), item)
        for field, before, after, kind, item, _ in found
    ]


# --- what the registry answered about printed ids


def read_answers(
    database: Database, nct_ids: Iterable[str] | None = None
) -> dict[str, RegistryAnswer]:
    """The last answer about every printed id, or about those of *nct_ids*."""
    rows = database.fetch_tuples(
        f"""
        select nct_id, trial_id, answer, load, run_id, outcome from answers
        where true {in_clause("nct_id", nct_ids)}""",
        *json_ids(nct_ids),
    )
    return {
        nct_id: RegistryAnswer(
            nct_id, trial_id, Answer(answer), load, run_id, TrialOutcome(outcome)
        )
        for nct_id, trial_id, answer, load, run_id, outcome in rows
    }


def save_answers(database: Database, answers: Iterable[RegistryAnswer]) -> None:
    """Writes *answers* over the earlier ones about the same ids.

    A record of ours whose id is merged now is marked: it is no trial of its own any more.
    """
    answers = [*answers]
    database.executemany(
        """
        insert into answers (nct_id, trial_id, answer, load, run_id, outcome)
        values (?, ?, ?, ?, ?, ?)
        on conflict (nct_id) do update set
          trial_id = excluded.trial_id, answer = excluded.answer, load = excluded.load,
          run_id = excluded.run_id, outcome = excluded.outcome""",
        answers,
    )
    database.executemany(
        "update trials set merged_into = ? where nct_id = ?",
        [
            (answer.trial_id, answer.nct_id)
            for answer in answers
            if answer.answer == Answer.MERGED and answer.trial_id != answer.nct_id
        ],
    )
