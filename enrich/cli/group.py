"""How a command ends where something goes wrong: one line on stderr, and the exit code that the
error carries.
"""

import errno
import sys
from typing import Any

import click

from enrich.errors import EnrichError, ExitCode


class ErrorReportingGroup(click.Group):
    """Reports an error in one line, without a traceback, and exits with its code."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """As click calls it; the help is printed here."""
        try:
            return super().make_context(*arguments, **named)
        except OSError as error:
            _report_os_error(error)
            sys.exit(EnrichError.exit_code)

    def invoke(self, context: click.Context) -> Any:
        """As click calls it; the command runs here."""
        try:
            return super().invoke(context)
        except EnrichError as error:
            click.echo(f"enrich: {_one_line(error)}", err=True)
            context.exit(error.exit_code)
        except OSError as error:
            _report_os_error(error)
            context.exit(EnrichError.exit_code)
        except KeyboardInterrupt as stop:
            click.echo(
                "enrich: stopped; what was fetched is kept, the next run goes on from there",
                err=True,
            )
            context.exit(
                ExitCode.TERMINATED if isinstance(stop, _Terminated) else ExitCode.INTERRUPTED
            )


def _report_os_error(error: OSError) -> None:
    if error.errno == errno.EPIPE:  # the reader of a pipe has left: click knows what to do
        raise error
    message = _one_line(error) if error.filename else f"cannot write output ({error.strerror})"
    click.echo(f"enrich: {message}", err=True)


def _one_line(error: Exception) -> str:
    from enrich.text import sanitize

    return sanitize(str(error), 1000)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, handled like Ctrl-C."""


def terminate(number: int, frame: Any) -> None:
    """Handles SIGTERM like Ctrl-C."""
    raise _Terminated
