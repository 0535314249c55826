"""The compare package."""
