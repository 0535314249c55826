"""How a command ends where something goes wrong: one line on stderr, and the exit code that the
error carries. No error of any kind is a traceback.
"""

import errno
import os
import sys
from contextlib import suppress
from typing import Any

import click

from enrich.cli.commands import Commands
from enrich.errors import EnrichError, ExitCode

# What click ends a command with; it knows what to do.
_CLICK = (click.exceptions.Exit, click.exceptions.Abort, click.ClickException)


class ErrorReportingGroup(click.Group):
    """Reports an error in one line, without a traceback, and exits with its code."""

    commands: Commands

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click calls it; the lines are those that announce the commands: none is imported."""
        announced = self.commands.announced
        with formatter.section("Commands"):
            formatter.write_dl([(name, announced[name].summary) for name in sorted(announced)])

    def main(self, *arguments: Any, **options: Any) -> Any:
        """As the program and tests call it."""
        _complete_streams()
        return super().main(*arguments, **options)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """As click calls it; the help is printed here."""
        try:
            return super().make_context(*arguments, **options)
        except _CLICK as error:
            raise _harmless(error) from None
        except Exception as error:
            sys.exit(_report(error))

    def invoke(self, context: click.Context) -> Any:
        """As click calls it; the command runs here."""
        try:
            return super().invoke(context)
        except _CLICK as error:
            raise _harmless(error) from None
        except KeyboardInterrupt as stop:
            click.echo(
                "enrich: stopped; what was fetched is kept, the next run goes on from there",
                err=True,
            )
            context.exit(
                ExitCode.TERMINATED if isinstance(stop, _Terminated) else ExitCode.INTERRUPTED
            )
        except Exception as error:
            context.exit(_report(error))


def _harmless(error: Exception) -> Exception:
    """*error* with a message that neither controls a terminal nor shows a password."""
    from enrich.text import hide_credentials, sanitize

    if isinstance(error, click.ClickException):
        vars(error)["message"] = sanitize(hide_credentials(error.message), 1000)
    return error


def _report(error: Exception) -> ExitCode:
    """Prints one line about *error*, and gives the exit code for it."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        raise error  # the reader of a pipe has left: click knows what to do
    click.echo(f"enrich: {_message(error)}", err=True)
    return error.exit_code if isinstance(error, EnrichError) else ExitCode.ERROR


def _message(error: Exception) -> str:
    from enrich.text import hide_credentials, sanitize

    if isinstance(error, EnrichError) or (isinstance(error, OSError) and error.filename):
        return sanitize(hide_credentials(str(error)), 1000)
    if isinstance(error, OSError) and error.errno:
        _discard_output()
        return f"cannot write output ({error.strerror})"
    name = type(error).__name__
    try:
        return f"internal error ({name}); details: {_write_details(error)}"
    except OSError:
        return sanitize(f"internal error ({name}: {hide_credentials(str(error))})", 1000)


def _discard_output() -> None:
    """Sends what is left of the output nowhere: Python would fail once more as it ends."""
    with suppress(OSError):  # a test's stdout is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_details(error: Exception) -> str:
    """The name of a new file, readable by its owner alone, with what a developer needs to know."""
    import tempfile
    import traceback

    from enrich import __version__
    from enrich.text import hide_credentials, strip_invisible

    lines = "".join(traceback.format_exception(error)).splitlines()
    details = [f"enrich {__version__}, Python {sys.version}", *map(strip_invisible, lines)]
    descriptor, name = tempfile.mkstemp(prefix="enrich-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(hide_credentials("\n".join(details)) + "\n")
    return name


def _complete_streams() -> None:
    """Opens the standard streams that were closed, so that no file of ours gets their numbers.

    A closed stdout cannot be written: a command that has something to print there says so. What
    would go to a closed stderr goes nowhere.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - a number, no path
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


class _Terminated(KeyboardInterrupt):
    """SIGTERM, handled like Ctrl-C."""


def terminate(number: int, frame: Any) -> None:
    """Handles SIGTERM like Ctrl-C."""
    raise _Terminated
