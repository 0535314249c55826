-- Which version of the code derived the facts of each trial; 0: nobody knows.

alter table trials add column facts_version integer not null default 0;
create index trials_facts_version on trials(facts_version);
