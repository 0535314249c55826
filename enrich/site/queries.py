"""The canned queries: each answers a question.
Empty parameters have defaults, so every page opens.
"""

from typing import NamedTuple


class Query(NamedTuple):
    """A question, and in *description* what it asks and what its parameters mean."""

    title: str
    description: str
    sql: str


_DAY = "coalesce(nullif(:date, ''), date('now'))"
_TRIALS_OF_ROWS = (
    "left join row_ids n on n.row_id = r.id left join answers i on i.nct_id = n.nct_id"
)

# Great-circle distance in kilometres; the earth's radius is 6,371 km.
_KM = (
    "2 * 6371 * asin(min(1, sqrt(pow(sin(radians(l.latitude - h.latitude) / 2), 2)"
    " + cos(radians(h.latitude)) * cos(radians(l.latitude))"
    " * pow(sin(radians(l.longitude - h.longitude) / 2), 2))))"
)

QUERIES: dict[str, Query] = {
    "as_of": Query(
        "What did the records say on a day?",
        "What the records said on a date (2021-03-09; empty: today), for every published row."
        " Rows without a version of that day say so: earlier values are never guessed.",
        f"""
select t.name as "table", r.position as row, n.nct_id,
  case when n.nct_id is null then 'no registry id' when v.nct_id is null then 'not known for this day' else v.overall_status end as status,
  v.brief_title, v.phases, v.allocation, v.masking, v.enrollment, v.enrollment_type, v.start_date, v.primary_completion_date, v.completion_date, v.has_results,
  v.version, v.valid_from, v.valid_to, v.seen_at, v.digest
from rows r join tables t on t.id = r.table_id {_TRIALS_OF_ROWS}
left join trial_versions v on v.nct_id = coalesce(i.trial_id, n.nct_id) and v.valid_from <= {_DAY} and (v.valid_to is null or v.valid_to > {_DAY})
order by t.id, r.position, n.rowid""",
    ),
    "changes_since": Query(
        "What changed since a day?",
        "Changes seen on or after a date (2026-08-01; empty: the last 31 days), newest first,"
        " without noise.",
        """
select seen_on, nct_id, brief_title, kind, field, item, before, after
from recent_changes where seen_on >= coalesce(nullif(:date, ''), date('now', '-31 days'))""",
    ),
    "differences_by_cause": Query(
        "Where do table and registry differ, and why?",
        "Open differences by cause: registry moved, never agreed or unknown (empty: all), with the"
        " number of differences of the same cause and field.",
        """
select "table", cause, field, count(*) over (partition by "table", cause, field) as of_this_kind, row, nct_id, printed, note, moved_on
from open_differences where :cause = '' or cause = :cause
order by "table", cause, of_this_kind desc, field, row""",
    ),
    "trials_by_country": Query(
        "Which trials have sites in a country?",
        "Trials with a site in a country (France; the registry's name or a part of it; empty: all"
        " that recruit now), recruiting trials first.",
        """
select l.country, x.nct_id, x.brief_title, x.overall_status, x.phases, count(*) as sites, sum(l.status = 'RECRUITING') as sites_recruiting,
  replace(group_concat(distinct l.city), ',', ', ') as cities
from locations l join trials x on x.nct_id = l.nct_id
where l.country like '%' || :country || '%' and (:country <> '' or x.overall_status = 'RECRUITING')
group by l.country, x.nct_id
order by x.overall_status = 'RECRUITING' desc, l.country, x.nct_id""",
    ),
    "sites_near": Query(
        "Which sites are near a place?",
        "Sites within km kilometres (empty: 50) of a place: a city with a site (Lyon), or"
        " latitude,longitude (45.76,4.84). Distances are between city centres.",
        f"""
with here as (
  select :place as near, cast(:place as real) as latitude, cast(substr(:place, instr(:place, ',') + 1) as real) as longitude
  where trim(:place) glob '[-+0-9]*,*[0-9]*'
  union all
  select city || ', ' || coalesce(state || ', ', '') || country, avg(latitude), avg(longitude) from locations
  where city = trim(:place) collate nocase and latitude is not null group by country, state
),
measured as (
  select min(round({_KM}, 1)) as km, h.near, l.* from here h join locations l
    on l.latitude between h.latitude - coalesce(nullif(:km, ''), 50) / 111.0 and h.latitude + coalesce(nullif(:km, ''), 50) / 111.0
  group by l.id
)
select m.km, m.near, m.facility, m.city, m.country, coalesce(m.status, x.overall_status) as status, m.nct_id, x.brief_title, m.latitude, m.longitude
from measured m join trials x on x.nct_id = m.nct_id
where m.km <= coalesce(nullif(:km, ''), 50) + 0
order by m.km, x.overall_status = 'RECRUITING' desc, m.nct_id""",
    ),
    "overdue_results": Query(
        "Which finished trials have no results?",
        "Trials without results at ClinicalTrials.gov whose primary completion was at least this"
        " many months ago (empty: 12). Not all are required to post results, and publications may"
        " report them.",
        """
select nct_id, brief_title, overall_status, primary_completion_date, primary_completion_date_type, enrollment, lead_sponsor,
  (select count(*) from publications p where p.nct_id = x.nct_id and p.type in ('RESULT', 'DERIVED')) as publications,
  results_first_submitted, last_update_posted
from trials x
where has_results = 0 and overall_status in ('COMPLETED', 'TERMINATED', 'UNKNOWN')
  and substr(primary_completion_date || '-28', 1, 10) < date('now', '-' || (coalesce(nullif(:months, ''), 12) + 0) || ' months')
order by primary_completion_date""",
    ),
    "planned_against_actual": Query(
        "How many were planned, how many enrolled?",
        "Trials that enrolled at least this many (empty: 0), with the number planned before, where"
        " known, and the number that the table prints.",
        """
with printed as (
  select coalesce(i.trial_id, c.nct_id) as nct_id, group_concat(distinct c.claim) as number
  from comparisons c left join answers i on i.nct_id = c.nct_id where c.field = 'enrollment' group by 1
)
select x.nct_id, x.brief_title, x.overall_status, p.number as printed,
  case when x.enrollment_type = 'ESTIMATED' then x.enrollment else (
    select n.before from changes k join changes n on n.nct_id = k.nct_id and n.version = k.version and n.field = 'enrollment'
    where k.nct_id = x.nct_id and k.field = 'enrollment_type' and k.before = 'ESTIMATED' order by k.id desc limit 1) end as planned,
  case when x.enrollment_type = 'ACTUAL' then x.enrollment end as enrolled,
  x.why_stopped, x.completion_date
from trials x left join printed p on p.nct_id = x.nct_id
where x.enrollment is not null and coalesce(case when x.enrollment_type = 'ACTUAL' then x.enrollment end, 0) >= coalesce(nullif(:least, ''), 0) + 0
order by planned is null or enrolled is null, x.nct_id""",
    ),
}
