"""What a terminal shows of long work."""

import io
import re
import sys

import pytest

from enrich.run.console import RunOutput
from enrich.run.notify import Notifier
from enrich.run.terminal import line_that_ends, progress_line


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
    shares = ["1 of 2 trials (50 %)", "2 of 2 trials (100 %)"]
    assert [line.split(",")[0].split(" \x1b")[0] for line in lines] == shares * shown


def test_the_rate_is_that_of_this_run_alone(capsys, monkeypatch):
    """A run that goes on from an earlier one has done 400 trials in no time."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    times = iter((10.0, 10.0, 20.0, 30.0))
    on_progress = progress_line("trials", clock=lambda: next(times))
    for done in (400, 420, 500):
        on_progress(done, 500)
    lines = [line.removesuffix(" \x1b[K") for line in capsys.readouterr().err.split("\r")[1:]]
    assert lines == [
        "400 of 500 trials (80 %)",
        "420 of 500 trials (84 %), 2.0 a second, about 40 s left",
        "500 of 500 trials (100 %), 5.0 a second \x1b[K\n",
    ]


@pytest.mark.parametrize("done", [3, 4])
def test_the_line_ends_with_the_work(capsys, monkeypatch, done):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with line_that_ends(progress_line("trials")) as on_progress:
        on_progress(0, 4)
        on_progress(done, 4)
    err = capsys.readouterr().err
    assert err.endswith("\n") and err.count("\n") == 1


def test_a_quiet_run_that_ends_early_leaves_no_empty_line(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with RunOutput(Notifier(()), lambda: "", quiet=True).progress("trials") as on_progress:
        on_progress(3, 4)
    assert capsys.readouterr().err == ""


def test_a_bar_of_unknown_length_ends_at_100_percent(monkeypatch):
    """The number of versions in an archive is not known beforehand."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    with RunOutput(Notifier(()), lambda: "").progress_bar() as on_progress:
        for done in (900, 950, 1000):
            on_progress(done, None)
    assert "1000/1000 100%" in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", terminal.getvalue())
