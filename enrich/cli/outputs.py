"""One rule for every option that names an output, of every command: what a run reads, and what is
ours, is never written over.

Files are compared by identity, so that links and other spellings of a name make no difference.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import click

from enrich.cli.parameters import InputPlace, NonEmptyPath, OutputPath, OutputPlace
from enrich.files import is_same_file, open_file, read_file

_FOLDER, _CACHE, _DB = Path("data"), Path("cache"), Path("data/trials.db")
_OUTPUTS = (OutputPath, OutputPlace)
_SQLITE = b"SQLite format 3\0"
# A copy in the cache begins with it, and so does a kept list of versions.
_COPY = re.compile(rb'\{\s*"retrieved_at"')
_RECORDS = re.compile(r"\.(json|ndjson|jsonl|zip|gz)\Z", re.I)


def checking_outputs(function: Callable[..., Any]) -> Callable[..., Any]:
    """*function*, the callback of a command, after a check of the outputs that its options name.

    The check is a usage error, before anything is read, asked or written.
    """

    @wraps(function)
    def checked(*arguments: Any, **options: Any) -> Any:
        _check(click.get_current_context())
        return function(*arguments, **options)

    return checked


def _check(context: click.Context) -> None:
    for parameter in context.command.params:
        output = context.params.get(parameter.name or "")
        if output is None or not isinstance(parameter.type, _OUTPUTS):
            continue
        if "://" not in str(output) and (reason := _reason_against(Path(output), context)):
            raise click.BadParameter(f"{output} is {reason}; name another file", context, parameter)


def _reason_against(output: Path, context: click.Context) -> str | None:
    """What *output* would damage, in words; None where it damages nothing."""
    for protected, reason in _protected_files(output, context):
        if is_same_file(output, protected):
            return reason
    return _reason_by_folder(output, context) or _reason_by_content(output)


def _protected_files(output: Path, context: click.Context) -> Iterator[tuple[Path, str]]:
    """Each file that an output may not be, with what it is."""
    db = Path(context.params.get("db") or _DB)
    yield from _files_of_database(db)
    descriptions = [*_FOLDER.glob("*.toml"), *_known_descriptions(db)]
    for path, option in _inputs(context):
        yield path, f"what {option} reads"
        descriptions += [path] if path.suffix.lower() == ".toml" else []
    with suppress(OSError):
        descriptions += output.parent.glob("*.toml")
    for description in descriptions:
        yield description, "the description of a table"
        yield description.with_suffix(".decisions.csv"), f"the decisions on {description}"
        if file := _table_of(description):
            yield file, f"the table of {description}"


def _inputs(context: click.Context) -> Iterator[tuple[Path, str]]:
    """The files and folders that the options and arguments of a command name as its inputs."""
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        is_input = isinstance(parameter.type, (NonEmptyPath, InputPlace))
        if value is None or not is_input or isinstance(parameter.type, _OUTPUTS):
            continue
        is_option = isinstance(parameter, click.Option)
        name = parameter.opts[0] if is_option else parameter.human_readable_name
        for path in value if isinstance(value, tuple) else (value,):
            if "://" not in str(path):
                yield Path(path), name


def _known_descriptions(db: Path) -> list[Path]:
    """The descriptions of the tables that the database at *db* holds, as far as it can be read."""
    from enrich.storage.snapshot import read_description_paths

    return read_description_paths(db)


def _table_of(description: Path) -> Path | None:
    """The file that a description names; None where it cannot be read: a run will report that."""
    import tomllib

    from enrich.tables.description import MOST_BYTES

    try:
        body = tomllib.loads(read_file(description, MOST_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    file = body.get("file")
    return description.parent / file if isinstance(file, str) else None


def _files_of_database(db: Path) -> Iterator[tuple[Path, str]]:
    with suppress(OSError, RuntimeError):  # a link that leads to itself
        db = db.resolve()
    yield db, "the database"
    for ending in ("lock", "sending.lock"):
        yield db.with_name(f".{db.name}.{ending}"), "a lock of the database"
    for ending in ("-wal", "-shm", "-journal"):
        yield db.with_name(db.name + ending), "a file that belongs to the database"


def _reason_by_folder(output: Path, context: click.Context) -> str | None:
    """Whether *output* is one of the records in a folder that the command reads."""
    if not _RECORDS.search(output.name):
        return None
    with suppress(OSError, RuntimeError):
        path = output.resolve()
        cache = Path(context.params.get("cache") or _CACHE).resolve()
        if path.is_relative_to(cache) and output.suffix.lower() == ".json":
            return "the place of a copy in the cache"
        for folder, option in _inputs(context):
            if folder.is_dir() and path.is_relative_to(folder.resolve()) and output.exists():
                return f"in the folder that {option} reads"
    return None


def _reason_by_content(output: Path) -> str | None:
    """Whether there is a database, or a copy of a record, wherever it is and whoever uses it."""
    try:
        with open_file(output) as file:
            start = os.read(file.fileno(), 64)
    except OSError:
        return None
    if start.startswith(_SQLITE):
        return "a database"
    return "a copy in the cache" if _COPY.match(start) else None
