"""Reads published tables: the description, the cells and the ids in them."""
