"""A new database for each test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from enrich.storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "trials.db")) as database:
        yield database
