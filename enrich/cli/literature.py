"""The services that know papers, as commands reach them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.cli.options import Command, Time, in_order
from enrich.cli.parameters import FILE, check_registry

if TYPE_CHECKING:
    from enrich.run.papers import PaperSources

_ROOTS = {
    "pubmed": "https://eutils.ncbi.nlm.nih.gov",
    "europe-pmc": "https://www.ebi.ac.uk",
    "crossref": "https://gitlab.com",
}
_OPTIONS = in_order(
    *(
        click.option(
            f"--{name}",
            envvar=f"ENRICH_{name.replace('-', '_').upper()}",
            default=root,
            callback=check_registry,
            hidden=True,
        )
        for name, root in _ROOTS.items()
    )
)

notices_option = click.option(
    "--notices",
    "notices_file",
    type=FILE,
    metavar="FILE",
    help="Read the notices from this CSV file of Retraction Watch instead of downloading it.",
)


@dataclass(frozen=True)
class LiteratureAddresses:
    """Where PubMed, Europe PMC and Crossref's data are asked."""

    pubmed: str
    europe_pmc: str
    crossref: str

    def sources(
        self,
        time: Time,
        cache: Path,
        *,
        offline: bool,
        contact: str | None,
        notices_file: Path | None = None,
        days: int = 30,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> "PaperSources":
        """Whom a command asks about papers: nobody *offline*.

        The services see *contact*; the environment may have a key for PubMed.
        """
        from enrich.literature.answers import KeptAnswers
        from enrich.run.papers import PaperSources

        kept = KeptAnswers(cache / "papers")
        if offline:
            return PaperSources(kept, (), None, notices_file, days, on_progress)
        from enrich.literature.services import EuropePmc, Manners, PubMed, RetractionWatch
        from enrich.logs import LOG

        manners = Manners(sleep=time.sleep, log=LOG.info, contact=contact)
        pubmed = PubMed(self.pubmed, manners, os.environ.get("NCBI_API_KEY"))
        finders = (pubmed, EuropePmc(self.europe_pmc, manners))
        notices = RetractionWatch(self.crossref, manners)
        return PaperSources(kept, finders, notices, notices_file, days, on_progress)


def literature_options(command: Command) -> Command:
    """Adds the hidden options of `LiteratureAddresses`; *command* gets them as *literature*."""

    @wraps(command)
    def with_addresses(
        *arguments: Any, pubmed: str, europe_pmc: str, crossref: str, **options: Any
    ) -> Any:
        literature = LiteratureAddresses(pubmed, europe_pmc, crossref)
        return command(*arguments, literature=literature, **options)

    return _OPTIONS(with_addresses)
