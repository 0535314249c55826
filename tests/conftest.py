"""Settings of all tests: property tests have no deadline, and the summary counts what was tried."""

import signal
from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Tests started in the background ignore Ctrl-C, and so do the processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the figures of docs/guarantees.md.

    A test passes on what it tried: `record_property("tried", (name, counts))`.
    """
    tried: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, counts in (value for key, value in report.user_properties if key == "tried"):
            tried.setdefault(name, Counter()).update(counts)
    for name, counts in sorted(tried.items()):
        terminalreporter.write_line(
            f"tried: {name}: {', '.join(f'{number} {what}' for what, number in counts.items())}"
        )
