"""Reads one record of the registry: its facts, lists and ids, and digests of its content."""
