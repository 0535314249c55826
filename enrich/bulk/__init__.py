"""The bulk package."""
