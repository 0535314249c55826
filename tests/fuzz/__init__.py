"""Loops that look for a traceback, guided by coverage (atheris): ten minutes each, outside the tests.

    pip install atheris
    python -m tests.fuzz.tables -max_total_time=600
    python -m tests.fuzz.studies -max_total_time=600

A crash leaves its input in `crash-…`; name it again as the argument to see it once more, and add it to the tests by name.
"""
