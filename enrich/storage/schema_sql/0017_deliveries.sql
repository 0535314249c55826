-- What waits to be sent, to each recipient and about each table by itself: a weekly digest, or news
-- while the mail server is down.

create table deliveries (
  recipient text not null,          -- a digest of the address; '': every address of --notify
  table_id integer not null references tables(id) on delete cascade,
  first_unsent integer references runs(id), -- the first run whose news waits; null: none does
  sent_at text not null,            -- the last message; before the first: when it was first known
  digest_at text,                   -- when the last digest was due; null: none yet
  primary key (recipient, table_id)
);
insert into deliveries (recipient, table_id, first_unsent, sent_at)
  select '', t.id, min(n.run_id), min(coalesce(r.finished_at, r.started_at))
  from notifications n join runs r on r.id = n.run_id join tables t
  where n.sent_at is null and (
    exists (select 1 from run_tables x where x.run_id = n.run_id and x.table_id = t.id)
    or not exists (select 1 from run_tables x where x.run_id = n.run_id))
  group by t.id;
drop table notifications;
