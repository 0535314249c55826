"""Recognises what the columns of a table say, by their cells, headers and the registry's records.

It decides about columns, never about a single cell: a rule that let one cell choose what fits it
would hide a wrong number behind another that agrees.
"""
