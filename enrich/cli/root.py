"""The command `enrich` itself, with its commands."""

import atexit
import gc
import io
import signal
import sys

import click

from enrich import __version__
from enrich.cli.commands import Commands
from enrich.cli.group import ErrorReportingGroup, terminate
from enrich.cli.time import Time
from enrich.errors import ExitCode

_EXIT_CODES = "\n".join(
    f"  {code:<4}{code.meaning}{' (with --exit-code)' if code.on_request else ''}"
    for code in ExitCode
)


_COMMANDS = Commands(
    {
        "init": ("init", "Make a table and its description of an article or a spreadsheet."),
        "sync": ("sync", "Fetch, compare and report."),
        "report": ("report", "Report differences and changes."),
        "check": ("check", "Check the tables themselves, without the network."),
        "dismiss": ("dismiss", "Settle a known difference."),
        "candidates": ("search", "List what matches the search of a table."),
        "decide": ("search", "Include or exclude what a search found."),
        "export": ("export", "Export the table with the registry's values."),
        "browse": ("browse", "Browse the database as a site, in Datasette."),
        "papers": ("papers", "Find the results paper of each trial, and notices about it."),
        "load": ("archives", "Update the database from a bulk download."),
        "trace": ("archives", "Compare with every version in an archive."),
        "examples": ("examples", "Print a crontab, systemd or GitHub example."),
    }
)


@click.group(
    cls=ErrorReportingGroup,
    commands=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"\b\nExit codes:\n{_EXIT_CODES}",
)
@click.version_option(__version__, prog_name="enrich")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep a published table of clinical trials in step with ClinicalTrials.gov.

    \b
    enrich init paper.docx            a table and its description out of an article
    enrich sync                       fetch, compare, report (every data/*.toml)
    enrich sync --offline             the same from the copies in cache/
    enrich check --table my.toml      can my table be read? no network needed
    enrich report --since last        the last report once more
    enrich report --format html       a page with charts; also markdown, json, csv, atom
    enrich dismiss NCT… FIELD         settle a known difference, with the reason
    enrich candidates                 what matches the table's own search, ranked
    enrich decide NCT… exclude        include or exclude a candidate, with the reason
    enrich export --output table.csv  the table with the registry's values beside the printed ones
    enrich browse                     the database as a site, in Datasette
    """
    context.ensure_object(Time)
    signal.signal(signal.SIGTERM, terminate)
    # At its end Python looks for cycles once more, though all its memory goes back at once: a tenth
    # of a short run.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # characters that the terminal cannot encode
