"""Compares names, which have no codes: the same, known to be different, or undecided."""
