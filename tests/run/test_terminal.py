"""What a terminal shows of long work."""

import sys

import pytest

from enrich.run.terminal import progress_line


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "shown"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_progress_is_shown_on_a_terminal_unless_it_is_to_be_quiet(
    capsys, monkeypatch, is_terminal, quiet, shown
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    on_progress = progress_line("trials", quiet=quiet)
    on_progress(1, 2)
    on_progress(2, 2)
    lines = capsys.readouterr().err.split("\r")[1:]
    assert [line.split(",")[0] for line in lines] == ["1 of 2 trials", "2 of 2 trials"] * shown
