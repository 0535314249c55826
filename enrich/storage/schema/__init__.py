"""The tables of the database: migrations, what is derived again, and views."""
