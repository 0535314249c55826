-- Since when a cell differs that did not before, and what a comparison gave when it was last made.

-- the run that saw it; null: it does not differ, or did so from the first comparison on
alter table comparisons add column out_of_date_since integer references runs(id);
-- of one that cannot be made now (JSON: claim, registry, verdict, first_seen, out_of_date_since),
-- so that a record that comes back brings no old news
alter table comparisons add column last_made text;

-- what a problem is about, if not a trial: the name of a table
alter table problems add column subject text;
