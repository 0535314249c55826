"""Files that are there whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from enrich.errors import EnrichError


def write_whole(path: Path, content: bytes, *, failure: type[EnrichError] = EnrichError, into_new_folder: bool = False) -> None:
    """Writes beside *path* and renames, so that a reader never meets half a file; *failure* names the path and why it cannot be written.

    A folder that is missing is made only where asked for: what a person misspells is no place to write to.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if into_new_folder and not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # what cannot be written may not be removed either
            beside.unlink()
        raise failure(f"{path}: cannot be written ({error.strerror})") from error
