"""The database as a website, in Datasette."""
