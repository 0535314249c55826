"""Compares what a cell says with a fact of the registry, and finds the cause of a difference."""
