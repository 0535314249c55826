"""What may be given as a parameter: an empty value, as of a variable that a script forgot to set,
and a value that cannot be right, are usage errors, before anything is read or asked.
"""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_LONGEST_PACE = 3600.0
_SCHEDULERS = ("tcp", "tls")
# As an address may stand in a header: visible ASCII, and nothing that ends the comment around it.
_CONTACT = r"(?=[!-~]{3,200}\Z)(https?://|[^@:/()\\]+@)[^@()\\]+"


class NonEmptyPath(click.Path):
    """A path. Rejects empty names (e.g. an unset shell variable) and such as no file can have."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error where *value* is empty, or of the wrong kind."""
        if not str(value):
            self.fail("the name is empty", param, ctx)
        if "\0" in str(value):
            self.fail("no file name has a NUL character", param, ctx)
        return super().convert(value, param, ctx)


class OutputPath(NonEmptyPath):
    """A file or folder that a command writes: `outputs.py` checks that it damages nothing."""


class InputPlace(click.types.StringParamType):
    """A path or a URL from which a command reads, as text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """*value* as it is; a usage error where it is empty."""
        place = str(super().convert(value, param, ctx))
        if not place.strip():
            self.fail("it is empty", param, ctx)
        return place


class OutputPlace(InputPlace):
    """A path or a URL below which a command writes; checked as an OutputPath."""


FILE = NonEmptyPath(dir_okay=False)
FOLDER = NonEmptyPath(file_okay=False)
FILE_OR_FOLDER = NonEmptyPath()
OUTPUT_FILE = OutputPath(dir_okay=False)
OUTPUT_FOLDER = OutputPath(file_okay=False)
INPUT_PLACE = InputPlace()
OUTPUT_PLACE = OutputPlace()


def check_not_empty(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """*value* as it is (text, several or none); a usage error where a text is empty."""
    values = value if isinstance(value, tuple) else (value,)
    if any(part is not None and not part.strip() for part in values):
        raise click.BadParameter("it is empty", context, parameter)
    return value


def check_pace(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """*value* in seconds; a usage error below 0, above an hour, or where it is not a number."""
    if math.isnan(value) or not 0 <= value <= _LONGEST_PACE:
        message = f"a number of seconds from 0 to {_LONGEST_PACE:.0f}"
        raise click.BadParameter(message, context, parameter)
    return value


def check_contact(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """*value* as it is; a usage error where it is neither an e-mail address nor a URL."""
    if value is not None and not re.fullmatch(_CONTACT, value):
        message = "neither an e-mail address nor a URL (http://, https://)"
        raise click.BadParameter(message, context, parameter)
    return value


def check_registry(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """*value* as it is; a usage error where it is not the address of a web server."""
    parts = _address(value)
    if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        message = "not the root of a registry, such as https://clinicaltrials.gov"
        raise click.BadParameter(message, context, parameter)
    return value


def check_scheduler(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """*value* as it is; a usage error where it is not the address of a Dask scheduler."""
    parts = None if value is None else _address(value)
    if value is not None and (
        parts is None or parts.scheme not in _SCHEDULERS or parts.port is None
    ):
        message = "not the address of a Dask scheduler, such as tcp://10.0.0.1:8786"
        raise click.BadParameter(message, context, parameter)
    return value


def _address(url: str) -> "SplitResult | None":
    """The parts of *url*; None where it has no host, or one that no name server can know."""
    from urllib.parse import urlsplit

    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # a port that is no number is a ValueError
        host.encode("idna")
    except ValueError:
        return None
    return parts if host else None


def check_day(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """*value* as ISO text; a usage error where it is not a day, a month or a year."""
    from enrich.dates import PartialDate

    try:
        return None if value is None else PartialDate(value).iso
    except ValueError as error:
        message = "not a day such as 2021-03-09, nor a month or a year"
        raise click.BadParameter(message, context, parameter) from error


def check_name(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """*value* as it is; a usage error where it cannot name a file in a folder."""
    is_bad = value is not None and (not value.strip(". ") or re.search(r"[/\\\x00-\x1f]", value))
    if is_bad:
        message = "not a name for a file, without folder and ending"
        raise click.BadParameter(message, context, parameter)
    return value
