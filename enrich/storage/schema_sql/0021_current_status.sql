-- What a trial is now: its recruitment status, or that its record was merged or removed.

alter table trials add column merged_into text; -- the record that absorbed this one
update trials set merged_into = (
  select trial_id from answers a where a.nct_id = trials.nct_id and a.answer = 'merged');
alter table trials add column current_status text generated always as (
  case when merged_into is not null then 'MERGED'
       when gone_since is not null then 'REMOVED'
       else overall_status end) virtual;
