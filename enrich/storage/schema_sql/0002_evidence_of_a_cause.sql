-- The sentence and the link that show why a table and the registry differ.

alter table comparisons add column evidence text;
alter table comparisons add column link text;
