-- Feeds published news under tag: URIs until this migration; these runs keep them, so that no
-- feed reader shows them again.

alter table runs add column tag_uris integer not null default 0;
update runs set tag_uris = 1;
