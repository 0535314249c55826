"""Makes a table and its description of a document: which table, rows and columns, in what words."""
