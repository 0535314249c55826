"""Compares a record with its earlier version: what changed, how much it matters, what is news."""
