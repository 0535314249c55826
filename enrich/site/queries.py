"""The canned queries: each answers a question.
Empty parameters have defaults, so every page opens.
"""

from collections.abc import Mapping
from typing import NamedTuple

from enrich.storage.schema.views import fact_of_version, valid_from


class Parameter(NamedTuple):
    """The label of a field, and in words what it means when it is left empty."""

    label: str
    default: str


class Query(NamedTuple):
    """A question, and in *description* what it asks and what its parameters mean."""

    title: str
    description: str
    parameters: Mapping[str, Parameter]
    sql: str


_DAY = "coalesce(nullif(:date, ''), date('now'))"
_TRIALS_OF_ROWS = (
    "left join row_ids n on n.row_id = r.id left join answers i on i.nct_id = n.nct_id"
)

# Great-circle distance in kilometres; the earth's radius is 6,371 km.
KM = (
    "2 * 6371 * asin(min(1, sqrt(pow(sin(radians(l.latitude - h.latitude) / 2), 2)"
    " + cos(radians(h.latitude)) * cos(radians(l.latitude))"
    " * pow(sin(radians(l.longitude - h.longitude) / 2), 2))))"
)

# Within so many degrees of latitude of a place are at most so many degrees of longitude: what is
# farther away is left out by an index, before its distance is computed.
_DEGREES_EAST = "degrees / max(cos(radians(min(90, abs(h.latitude) + degrees))), 1e-7)"
NEAR = (
    "l.latitude between h.latitude - degrees and h.latitude + degrees"
    " and min(abs(l.longitude - h.longitude), 360 - abs(l.longitude - h.longitude))"
    f" <= {_DEGREES_EAST}"
)

# In two questions over the sites `l` of trials `x`. That over all countries follows an index, and
# ends with the page.
_SITES_OF_TRIAL = (
    "l.country, l.nct_id, x.current_status, count(*) as sites,"
    " sum(l.status = 'RECRUITING') as sites_recruiting"
)

# A question over every row shows so many at once.
_PAGE_SIZE = 50
_PAGE = f"limit coalesce(nullif(:rows, ''), {_PAGE_SIZE}) + 0 offset max(coalesce(nullif(:from, ''), 1) - 1, 0)"
_UP_TO_PAGE = (
    f"limit coalesce(nullif(:rows, ''), {_PAGE_SIZE}) + max(coalesce(nullif(:from, ''), 1) - 1, 0)"
)
_PAGE_PARAMETERS = {
    "from": Parameter("From row number", "1"),
    "rows": Parameter("How many rows", str(_PAGE_SIZE)),
}
# The numbers of participants of a trial `x`, of which `b` says what was planned before. Trials with
# both numbers come first: they and the others are in the order of an index, so that neither goes
# beyond the page.
_NUMBERS = """x.nct_id, x.brief_title, x.current_status as overall_status,
    case when x.enrollment_type = 'ESTIMATED' then x.enrollment else b.planned end as planned,
    case when x.enrollment_type = 'ACTUAL' then x.enrollment end as enrolled,
    x.why_stopped, x.completion_date"""
_ENROLLED_ENOUGH = """x.enrollment is not null
    and coalesce(case when x.enrollment_type = 'ACTUAL' then x.enrollment end, 0) >= coalesce(nullif(:least, ''), 0) + 0"""
_BOTH_KNOWN = "(x.enrollment_type is 'ACTUAL' and b.planned is not null)"

_FACTS_AS_OF = ", ".join(
    f"{fact_of_version(name)} as {name}"
    for name in (
        *("brief_title", "phases", "allocation", "masking", "enrollment", "enrollment_type"),
        *("start_date", "primary_completion_date", "completion_date", "has_results"),
    )
)

QUERIES: dict[str, Query] = {
    "as_of": Query(
        "What did the records say on a day?",
        "What the records said on a date (2021-03-09; empty: today), for every published row."
        " Rows without a version of that day say so: earlier values are never guessed.",
        {"date": Parameter("Day (year-month-day)", "today"), **_PAGE_PARAMETERS},
        f"""
with day as (select {_DAY} as day),
page as materialized (
  select t.id as table_id, t.name as "table", r.position, r.id as row_id, n.rowid as place, n.nct_id, coalesce(i.trial_id, n.nct_id) as trial
  from tables t cross join rows r on r.table_id = t.id {_TRIALS_OF_ROWS}
  order by t.id, r.position, n.rowid {_PAGE}
),
found as (
  select p.*, (
    select json_array(max(version), valid_from, valid_to) from (
      select version, valid_from, lead(valid_from) over (order by version) as valid_to from (
        select c.version, {valid_from("c")} as valid_from from versions c where c.nct_id = p.trial))
    where valid_from <= (select day from day) and (valid_to is null or valid_to > (select day from day))) as held
  from page p
),
v as (
  select f.*, held ->> 0 as version, held ->> 1 as valid_from, held ->> 2 as valid_to,
    held ->> 0 = (select max(version) from versions where nct_id = f.trial) as newest
  from found f
)
select v."table", v.position as row, v.nct_id,
  case when v.nct_id is null then 'no registry id' when v.version is null then 'not known for this day' when v.newest and substr(x.gone_since, 1, 10) <= (select day from day) then 'removed' else {fact_of_version("overall_status")} end as status,
  {_FACTS_AS_OF},
  v.version, v.valid_from, v.valid_to, o.seen_at, o.digest, v.row_id
from v left join versions o on o.nct_id = v.trial and o.version = v.version
left join trials x on x.nct_id = v.trial and v.version is not null
order by v.table_id, v.position, v.place""",
    ),
    "changes_since": Query(
        "What changed since a day?",
        "Changes seen on or after a date (2026-08-01; empty: 31 days before the last run), newest"
        " first, without noise.",
        {
            "date": Parameter("Since (year-month-day)", "31 days before the last run"),
            **_PAGE_PARAMETERS,
        },
        f"""
select seen_on, nct_id, brief_title, kind, field, item, before, after
from recent_changes where seen_on >= coalesce(nullif(:date, ''), date((select max(started_at) from runs), '-31 days')) {_PAGE}""",
    ),
    "differences_by_cause": Query(
        "Where do table and registry differ, and why?",
        "Open differences with one cause: registry moved, never agreed or unknown (empty: all)."
        " Each has the number of differences of its kind beside it.",
        {"cause": Parameter("Cause", "all causes"), **_PAGE_PARAMETERS},
        f"""
select "table", cause, field, count(*) over (partition by "table", cause, field) as of_this_kind, row, nct_id, printed, note, moved_on
from open_differences where :cause = '' or cause = :cause
order by "table", cause, of_this_kind desc, field, row {_PAGE}""",
    ),
    "trials_by_country": Query(
        "Which trials have sites in a country?",
        "Trials with a site in a country (France, or a part of a name), recruiting trials first."
        " Empty: all that recruit now.",
        {"country": Parameter("Country", "all countries"), **_PAGE_PARAMETERS},
        f"""
with recursive listed(country) as (
  select min(country) from locations
  union all
  select (select min(l.country) from locations l where l.country > listed.country) from listed where country is not null
),
named as materialized (
  select {_SITES_OF_TRIAL}
  from listed a cross join locations l on l.country = a.country join trials x on x.nct_id = l.nct_id
  where :country <> '' and instr(lower(a.country), lower(:country))
  group by l.country, l.nct_id
  order by x.current_status = 'RECRUITING' desc, l.country, l.nct_id {_PAGE}
),
everywhere as materialized (
  select {_SITES_OF_TRIAL}
  from locations l cross join trials x on x.nct_id = l.nct_id
  where :country = '' and l.country > '' and x.current_status = 'RECRUITING'
  group by l.country, l.nct_id
  order by l.country, l.nct_id {_PAGE}
),
page as (select * from named union all select * from everywhere)
select p.country, p.nct_id, x.brief_title, p.current_status as overall_status, x.phases, p.sites, p.sites_recruiting,
  (select replace(group_concat(distinct l.city), ',', ', ') from locations l where l.country = p.country and l.nct_id = p.nct_id) as cities
from page p join trials x on x.nct_id = p.nct_id
order by p.current_status = 'RECRUITING' desc, p.country, p.nct_id""",
    ),
    "sites_near": Query(
        "Which sites are near a place?",
        "Sites within km kilometres (empty: 50) of a place: a city with a site (Lyon), or"
        " latitude,longitude (45.76,4.84); empty: the city with most recruiting sites. Distances are"
        " between city centres.",
        {
            "place": Parameter(
                "City, or latitude,longitude", "the city with most recruiting sites"
            ),
            "km": Parameter("Kilometres", "50"),
            **_PAGE_PARAMETERS,
        },
        f"""
with asked as (
  select coalesce(nullif(trim(:place), ''), (
    select city from locations where latitude is not null
    group by city, country order by sum(status = 'RECRUITING') desc, count(*) desc, city limit 1)) as place
),
here as (
  select place as near, cast(place as real) as latitude, cast(substr(place, instr(place, ',') + 1) as real) as longitude
  from asked where place glob '[-+0-9]*,*[0-9]*'
  union all
  select city || ', ' || coalesce(state || ', ', '') || country, avg(latitude), avg(longitude) from locations
  where city = (select place from asked) collate nocase and latitude is not null group by country, state
),
asked_degrees as (select coalesce(nullif(:km, ''), 50) / 111.0 as degrees),
measured as (
  select min(round({KM}, 1)) as km, h.near, l.id from here h join asked_degrees join locations l
    on {NEAR}
  group by l.id
)
select m.km, m.near, l.facility, l.city, l.country, case when x.current_status in ('MERGED', 'REMOVED') then x.current_status else coalesce(l.status, x.overall_status) end as status, l.nct_id, x.brief_title, l.latitude, l.longitude
from measured m cross join locations l on l.id = m.id join trials x on x.nct_id = l.nct_id
where m.km <= coalesce(nullif(:km, ''), 50) + 0
order by m.km, x.current_status = 'RECRUITING' desc, l.nct_id, l.id {_PAGE}""",
    ),
    "overdue_results": Query(
        "Which finished trials have no results?",
        "Trials that ended so many months ago (empty: 12) and have no results at"
        " ClinicalTrials.gov. The end is the primary completion. Not all have to post results, and"
        " papers may report them.",
        {"months": Parameter("Months since primary completion", "12"), **_PAGE_PARAMETERS},
        f"""
select nct_id, brief_title, overall_status, primary_completion_date, primary_completion_date_type, enrollment, lead_sponsor,
  (select count(*) from publications p where p.nct_id = x.nct_id and p.type in ('RESULT', 'DERIVED')) as publications,
  results_first_submitted, last_update_posted
from trials x
where has_results = 0 and current_status in ('COMPLETED', 'TERMINATED', 'UNKNOWN')
  and substr(primary_completion_date || '-28', 1, 10) < date('now', '-' || (coalesce(nullif(:months, ''), 12) + 0) || ' months')
order by primary_completion_date {_PAGE}""",
    ),
    "planned_against_actual": Query(
        "How many were planned, how many enrolled?",
        "Trials that enrolled at least this many (empty: 0), with the number planned before, where"
        " known, and the number that the table prints.",
        {"least": Parameter("Enrolled at least", "0"), **_PAGE_PARAMETERS},
        f"""
with planned_before as materialized (
  select k.nct_id, max(k.id), n.before as planned
  from changes k join changes n on n.nct_id = k.nct_id and n.version = k.version and n.field = 'enrollment'
  where k.field = 'enrollment_type' and k.before = 'ESTIMATED' group by k.nct_id
),
both as materialized (
  select {_NUMBERS} from planned_before b cross join trials x on x.nct_id = b.nct_id
  where {_ENROLLED_ENOUGH} and {_BOTH_KNOWN} order by x.nct_id {_UP_TO_PAGE}
),
others as materialized (
  select {_NUMBERS} from trials x left join planned_before b on b.nct_id = x.nct_id
  where {_ENROLLED_ENOUGH} and not {_BOTH_KNOWN} order by x.nct_id {_UP_TO_PAGE}
),
page as (
  select * from (select * from both union all select * from others)
  order by planned is null or enrolled is null, nct_id {_PAGE}
)
select nct_id, brief_title, overall_status,
  (select group_concat(distinct c.claim) from row_ids n cross join comparisons c on c.row_id = n.row_id and c.nct_id = n.nct_id
    where c.field = 'enrollment' and n.nct_id in (select p.nct_id union select i.nct_id from answers i where i.trial_id = p.nct_id)) as printed,
  planned, enrolled, why_stopped, completion_date
from page p order by planned is null or enrolled is null, nct_id""",
    ),
}
