"""Reads what a printed cell claims about a field, as a whole or not at all."""
