"""One database has one lock, whatever name it is called by."""

import pytest

from enrich.errors import Busy, StoreError
from enrich.lock import one_run_at_a_time


def test_a_database_behind_a_link_is_locked_by_the_file_it_is(tmp_path):
    db, link = tmp_path / "trials.db", tmp_path / "elsewhere" / "mine.db"
    link.parent.mkdir()
    link.symlink_to(db)
    with one_run_at_a_time(db), pytest.raises(Busy), one_run_at_a_time(link):
        pass


def test_a_link_that_leads_to_itself_is_named(tmp_path):
    link = tmp_path / "trials.db"
    link.symlink_to(link)
    with pytest.raises(StoreError, match="its link"), one_run_at_a_time(link):
        pass
