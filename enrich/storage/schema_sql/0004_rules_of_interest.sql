-- What counts as news for a table: its section [notify], a JSON object; null: the default.

alter table tables add column notify text;
