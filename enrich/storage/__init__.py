"""The SQLite database and the cache of records. Only this package contains SQL."""
