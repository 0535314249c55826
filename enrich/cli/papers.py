"""`enrich papers`: the results paper of each trial, and the notices about it."""

import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.inputs import open_database
from enrich.cli.options import (
    RegistryAddress,
    Time,
    cache_option,
    db_option,
    in_order,
    offline_option,
    registry_options,
)
from enrich.cli.parameters import FILE, check_registry
from enrich.errors import ExitCode

if TYPE_CHECKING:
    from enrich.registry.history import History
    from enrich.run.papers import PaperRun, PaperSources

_addresses = in_order(
    *(
        click.option(
            f"--{name}",
            envvar=f"ENRICH_{name.replace('-', '_').upper()}",
            default=root,
            callback=check_registry,
            hidden=True,
        )
        for name, root in (
            ("pubmed", "https://eutils.ncbi.nlm.nih.gov"),
            ("europe-pmc", "https://www.ebi.ac.uk"),
            ("crossref", "https://gitlab.com"),
        )
    )
)


@click.command(short_help="Find the results paper of each trial, and notices about it.")
@db_option
@cache_option
@offline_option
@click.option(
    "--notices",
    "notices_file",
    type=FILE,
    metavar="FILE",
    help="Read the notices from this CSV file of Retraction Watch instead of downloading it.",
)
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
@_addresses
@click.pass_obj
def papers(
    time: Time,
    /,
    db: Path,
    cache: Path,
    offline: bool,
    notices_file: Path | None,
    days: int,
    early_versions: bool,
    address: RegistryAddress,
    exit_code: bool,
    **addresses: str,
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
    from enrich.literature.answers import KeptAnswers
    from enrich.registry.history import History
    from enrich.run.papers import PaperSources
    from enrich.text import sanitize

    sources = PaperSources(KeptAnswers(cache / "papers"), notices_file=notices_file, days=days)
    if not offline:
        sources = _with_services(sources, time, address.contact, addresses)
    history = None
    if early_versions:
        history = History(None if offline else address.open(time), cache / "history", time.clock)
    found = _find(time, db, sources, history)
    for problem in found.problems:
        click.echo(f"enrich: {sanitize(problem)}", err=True)
    if exit_code and (found.new_notices or found.problems):
        sys.exit(ExitCode.NEWS if found.new_notices else ExitCode.NOT_CHECKED)


def _find(time: Time, db: Path, sources: "PaperSources", history: "History | None") -> "PaperRun":
    """Finds the papers and the early versions of the listed trials, and prints the papers."""
    from enrich.reports.papers import paper_lines
    from enrich.run.early_versions import keep_early_versions
    from enrich.run.papers import find_papers
    from enrich.run.terminal import progress_line
    from enrich.storage.papers import read_listed_trials, read_papers

    now = time.clock()
    with closing(open_database(db)) as database:
        trials = read_listed_trials(database)
        found = find_papers(database, trials, sources, now[:10], progress_line("trials"))
        stored = read_papers(database, trials)
        if history:
            on_progress = progress_line("first versions")
            found.problems += keep_early_versions(database, trials, history, now, on_progress)
    for line in paper_lines(
        trials,
        stored,
        notices_day=found.notices_day,
        new_notices=found.new_notices,
        requests=found.requests,
    ):
        click.echo(line)
    return found


def _with_services(
    sources: "PaperSources", time: Time, contact: str | None, addresses: dict[str, str]
) -> "PaperSources":
    from enrich.literature.services import EuropePmc, Manners, PubMed, RetractionWatch
    from enrich.logs import LOG

    manners = Manners(sleep=time.sleep, log=LOG.info, contact=contact)
    pubmed = PubMed(addresses["pubmed"], manners, os.environ.get("NCBI_API_KEY"))
    europe_pmc = EuropePmc(addresses["europe_pmc"], manners)
    retraction_watch = RetractionWatch(addresses["crossref"], manners)
    return replace(sources, finders=(pubmed, europe_pmc), notices=retraction_watch)
