-- The lists of each record in tables of their own, and full-text search. The tables of lists are
-- filled when the facts are derived again from the stored records (derived.py).

create table conditions (
  id integer primary key, nct_id text not null references trials(nct_id), condition text
);
create table interventions (
  id integer primary key, nct_id text not null references trials(nct_id), type text, name text,
  description text, arms text, other_names text
);
create table arms (
  id integer primary key, nct_id text not null references trials(nct_id), label text, type text,
  description text, interventions text
);
create table primary_outcomes (
  id integer primary key, nct_id text not null references trials(nct_id), measure text,
  time_frame text, description text
);
create table secondary_outcomes (
  id integer primary key, nct_id text not null references trials(nct_id), measure text,
  time_frame text, description text
);
create table locations (
  id integer primary key, nct_id text not null references trials(nct_id), facility text, city text,
  state text, zip text, country text, status text,
  latitude real, longitude real
);
create table sponsors (
  id integer primary key, nct_id text not null references trials(nct_id), role text not null,
  name text, class text
);
create table publications (
  id integer primary key, nct_id text not null references trials(nct_id), pmid text, type text,
  citation text, retraction text
);
create table mesh_terms (
  id integer primary key, nct_id text not null references trials(nct_id), role text not null,
  mesh_id text, term text
);
create table documents (
  id integer primary key, nct_id text not null references trials(nct_id), label text,
  document_date text, uploaded text, filename text, size integer, url text
);
create index conditions_nct_id on conditions(nct_id);
create index interventions_nct_id on interventions(nct_id);
create index arms_nct_id on arms(nct_id);
create index primary_outcomes_nct_id on primary_outcomes(nct_id);
create index secondary_outcomes_nct_id on secondary_outcomes(nct_id);
create index locations_nct_id on locations(nct_id);
create index sponsors_nct_id on sponsors(nct_id);
create index publications_nct_id on publications(nct_id);
create index mesh_terms_nct_id on mesh_terms(nct_id);
create index documents_nct_id on documents(nct_id);
create index conditions_condition on conditions(condition);
create index locations_country on locations(country, city);
create index mesh_terms_term on mesh_terms(term);

-- A trial's own rowid may change when the file is vacuumed, so its search text hangs on the
-- number in its NCT id.
alter table trials add column number integer
  generated always as (cast(substr(nct_id, 4) as integer)) virtual;
create index trials_number on trials(number);
create virtual table trials_fts using fts5(
  names, titles, conditions, interventions, sponsors, outcomes, keywords,
  tokenize = 'porter unicode61 remove_diacritics 2'
);
create virtual table rows_fts using fts5(cells, tokenize = 'porter unicode61 remove_diacritics 2');
insert into rows_fts (rowid, cells)
  select r.id, (select group_concat(value, char(10)) from json_each(r.cells)) from rows r;
create trigger rows_search_new after insert on rows begin
  insert into rows_fts (rowid, cells)
    values (new.id, (select group_concat(value, char(10)) from json_each(new.cells)));
end;
create trigger rows_search_changed after update of cells on rows
when old.cells is not new.cells begin
  update rows_fts
    set cells = (select group_concat(value, char(10)) from json_each(new.cells))
    where rowid = new.id;
end;
create trigger rows_search_gone after delete on rows begin
  delete from rows_fts where rowid = old.id;
end;
