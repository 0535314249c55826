"""What several commands share: their options."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.cli.parameters import (
    FILE,
    FILE_OR_FOLDER,
    FOLDER,
    OUTPUT_FILE,
    check_contact,
    check_not_empty,
    check_pace,
    check_registry,
)
from enrich.cli.time import Time as Time  # commands take it from here
from enrich.errors import EnrichError, ExitCode

if TYPE_CHECKING:
    from enrich.registry.client import Registry
    from enrich.run.console import RunOutput
    from enrich.runtime import Shortcuts

Command = Callable[..., Any]


def in_order(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator that adds these options in the order of the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


table_option = click.option(
    "--table",
    "tables",
    type=FILE_OR_FOLDER,
    multiple=True,
    metavar="FILE",
    help="Description of a table (.toml). Can be repeated.  [default: every data/*.toml]",
)
db_option = click.option(
    "--db",
    type=FILE,
    default=Path("data/trials.db"),
    show_default=True,
    metavar="FILE",
    help="The SQLite database.",
)
output_option = click.option(
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write to this file instead of the terminal.",
)
bom_option = click.option(
    "--bom", is_flag=True, help="Start a CSV with a byte order mark, so that Excel reads UTF-8."
)


cache_option = click.option(
    "--cache",
    type=FOLDER,
    default=Path("cache"),
    show_default=True,
    metavar="FOLDER",
    help="Folder of copies of the records, one file per trial.",
)
offline_option = click.option(
    "--offline", is_flag=True, help="Send no request; work from the cache."
)


# --- the registry

REGISTRY = "https://clinicaltrials.gov"


@dataclass(frozen=True)
class RegistryAddress:
    """Where the registry is asked, at most every *pace* seconds; its operators see *contact*."""

    root: str
    pace: float
    contact: str | None

    def open(self, time: Time, *, quiet: bool = False) -> "Registry":
        """The registry, which sends nothing before it is asked.

        Where it slows us down, a line on stderr says so, unless *quiet*.
        """
        from enrich.logs import LOG
        from enrich.registry.client import Registry
        from enrich.run.terminal import warning_line

        _check_certificates()
        return Registry(
            self.root,
            pace=self.pace,
            sleep=time.sleep,
            log=LOG.info,
            warn=warning_line(quiet=quiet),
            contact=self.contact,
        )


def _check_certificates() -> None:
    """Raises EnrichError where the environment names certificates that are not there."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle and not Path(bundle).exists():
            raise EnrichError(f"{variable}: {bundle}: no such file or folder; unset it")


_REGISTRY = in_order(
    click.option(
        "--registry",
        envvar="ENRICH_REGISTRY",
        default=REGISTRY,
        show_default=True,
        callback=check_registry,
        metavar="URL",
        help="Root of the registry; also ENRICH_REGISTRY.",
    ),
    click.option(
        "--pace",
        type=float,
        default=1.0,
        show_default=True,
        callback=check_pace,
        metavar="SECONDS",
        help="Least time between two requests.",
    ),
    click.option(
        "--contact",
        envvar="ENRICH_CONTACT",
        callback=check_contact,
        metavar="ADDRESS",
        help="E-mail address or URL sent with each request, so that the registry's operators can"
        " reach you; also ENRICH_CONTACT.",
    ),
)


def registry_options(command: Command) -> Command:
    """Adds the options of `RegistryAddress`; *command* gets them as *address*."""

    @wraps(command)
    def with_address(
        *arguments: Any, registry: str, pace: float, contact: str | None, **options: Any
    ) -> Any:
        address = RegistryAddress(registry, pace, contact)
        return command(*arguments, address=address, **options)

    return _REGISTRY(with_address)


# --- how a run works


def _shortcuts(context: click.Context, parameter: click.Parameter, names: str) -> "Shortcuts":
    from enrich.runtime import Shortcuts

    try:
        return Shortcuts.without(names)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


# For debugging: --no-shortcuts alone switches all of them off.
shortcuts_option = click.option(
    "--no-shortcuts",
    "shortcuts",
    is_flag=False,
    flag_value="all",
    default="",
    envvar="ENRICH_NO_SHORTCUTS",
    metavar="NAMES",
    callback=_shortcuts,
    hidden=True,
)


# --- how a run reports


@dataclass(frozen=True)
class Reporting:
    """How a run reports: to whom, where its log goes, and whether its exit code is the outcome."""

    notify: tuple[str, ...]
    log_file: Path | None
    quiet: bool
    verbose: bool
    exit_code: bool

    def output(self, time: Time) -> "RunOutput":
        """What the run prints to; EnrichError where an address of --notify is not understood."""
        from enrich.run.console import RunOutput
        from enrich.run.notify import Notifier

        return RunOutput(Notifier(self.notify, os.environ), time.clock, quiet=self.quiet)


_EXIT_CODES = ", ".join(f"{code} {code.meaning}" for code in ExitCode if code.on_request)

_REPORTING = in_order(
    click.option(
        "--exit-code", is_flag=True, help=f"Report the outcome as exit code: {_EXIT_CODES}."
    ),
    click.option(
        "--notify",
        envvar="ENRICH_NOTIFY",
        multiple=True,
        callback=check_not_empty,
        metavar="URL",
        help="Send news to this address: mail, Slack and others, as apprise writes them. Can be"
        " repeated; also ENRICH_NOTIFY.",
    ),
    click.option(
        "--log-file",
        type=OUTPUT_FILE,
        metavar="FILE",
        help="Append log lines to this file.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is new."),
    click.option("-v", "--verbose", is_flag=True, help="Print log lines to stderr."),
)  # fmt: skip


def reporting_options(command: Command) -> Command:
    """Adds the options of `Reporting`; *command* gets them as *reporting*."""

    @wraps(command)
    def with_reporting(
        *arguments: Any,
        notify: tuple[str, ...],
        log_file: Path | None,
        quiet: bool,
        verbose: bool,
        exit_code: bool,
        **options: Any,
    ) -> Any:
        reporting = Reporting(notify, log_file, quiet, verbose, exit_code)
        return command(*arguments, reporting=reporting, **options)

    return _REPORTING(with_reporting)
