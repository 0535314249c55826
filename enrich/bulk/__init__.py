"""Reads archives of records on several processes or machines, and writes Parquet."""
