"""`enrich papers`: the results paper of each trial, and the notices about it."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.inputs import check_database, open_database
from enrich.cli.literature import LiteratureAddresses, literature_options, notices_option
from enrich.cli.options import (
    RegistryAddress,
    Time,
    cache_option,
    db_option,
    offline_option,
    registry_options,
)
from enrich.errors import ExitCode

if TYPE_CHECKING:
    from enrich.registry.history import History
    from enrich.run.papers import PaperRun, PaperSources


@click.command()
@db_option
@cache_option
@offline_option
@notices_option
@click.option(
    "--days",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Ask again about a trial after this many days.",
)
@click.option(
    "--early-versions",
    is_flag=True,
    help="Also read the first version of each record and the one at the start of the trial, for the"
    " sheet of export --format inspect: three requests to the registry for each trial, once.",
)
@registry_options
@click.option("--exit-code", is_flag=True, help="Report new notices as exit code 10.")
@literature_options
@click.pass_obj
def papers(
    time: Time,
    db: Path,
    cache: Path,
    offline: bool,
    notices_file: Path | None,
    days: int,
    early_versions: bool,
    address: RegistryAddress,
    exit_code: bool,
    literature: LiteratureAddresses,
) -> None:
    """Find the results paper of each listed trial, and the notices about its papers.

    The references of the registry's records are ranked, and PubMed and Europe PMC are asked for
    papers that print the trial's number. Notices of retraction, concern, correction and
    reinstatement come from the Retraction Watch data. Answers are kept in the cache with their day.
    With the environment variable NCBI_API_KEY, PubMed may be asked more often.

    \b
    Examples:
      enrich papers
      enrich papers --contact team@example.org
      enrich papers --early-versions
      enrich papers --offline --notices retraction_watch.csv
    """
    from enrich.registry.history import History
    from enrich.run.terminal import progress_line
    from enrich.text import sanitize

    sources = literature.sources(
        time,
        cache,
        offline=offline,
        contact=address.contact,
        notices_file=notices_file,
        days=days,
        on_progress=progress_line("trials"),
    )
    history = None
    if early_versions:
        history = History(None if offline else address.open(time), cache / "history", time.clock)
    found, problems = _find(time, db, sources, history)
    for problem in problems:
        click.echo(f"enrich: {sanitize(problem)}", err=True)
    if exit_code and (found.news or problems):
        sys.exit(ExitCode.NEWS if found.news else ExitCode.NOT_CHECKED)


def _find(
    time: Time, db: Path, sources: "PaperSources", history: "History | None"
) -> "tuple[PaperRun, list[str]]":
    """Finds the papers and the early versions of the listed trials, and prints the papers.

    Gives them with what failed, in words. No other run may work on the database meanwhile.
    """
    from enrich.lock import one_run_at_a_time
    from enrich.reports.papers import paper_lines
    from enrich.run.early_versions import keep_early_versions
    from enrich.run.papers import find_papers
    from enrich.run.terminal import progress_line
    from enrich.storage.papers import read_listed_trials, read_papers

    now = time.clock()
    check_database(db)
    with one_run_at_a_time(db), closing(open_database(db)) as database:
        trials = read_listed_trials(database)
        found = find_papers(database, trials, sources, now)
        stored = read_papers(database, trials)
        problems = [*found.problems.values()]
        if history:
            on_progress = progress_line("first versions")
            problems += keep_early_versions(database, trials, history, now, on_progress)
    for line in paper_lines(
        trials,
        stored,
        notices_day=found.notices_day,
        new_notices=found.new_notices,
        requests=found.requests,
        limits=found.limits,
    ):
        click.echo(line)
    return found, problems
