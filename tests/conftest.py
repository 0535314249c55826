"""Property tests are about results, not about how busy the machine is; what was tried, and how often, is told at the end."""

import signal
from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A shell that sends the tests into the background has them ignore Ctrl-C, and all that they start: it would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that README.md promises: a test hands on what it tried by `record_property("tried", (name, counts))`."""
    tried: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, counts in (value for key, value in report.user_properties if key == "tried"):
            tried.setdefault(name, Counter()).update(counts)
    for name, counts in sorted(tried.items()):
        terminalreporter.write_line(
            f"tried: {name}: {', '.join(f'{number} {what}' for what, number in counts.items())}"
        )
