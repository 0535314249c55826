"""The changes package."""
