"""Sentences for changes: short, in the words of clinicians, without codes; and easy to read."""

import pytest
import textstat

from enrich.dates import long_day
from enrich.models import Change, Significance
from enrich.reports.content.sentences import change_sentence


def change(field, before, after, item=None):
    return Change(field, before, after, Significance.MATERIAL, item)


# fmt: off
SENTENCES = (
    ("started recruiting (was Unknown)",                               [change("overall_status", "UNKNOWN", "RECRUITING")]),
    ("status now Unknown: not updated within the registry's time limit (was not yet recruiting)", [change("overall_status", "NOT_YET_RECRUITING", "UNKNOWN")]),
    ("closed to recruitment; ongoing (was recruiting)",                [change("overall_status", "RECRUITING", "ACTIVE_NOT_RECRUITING")]),
    ("status now no longer available",                                 [change("overall_status", None, "NO_LONGER_AVAILABLE")]),
    ("stopped early (was recruiting); reason: “no money”",             [change("overall_status", "RECRUITING", "TERMINATED"), change("why_stopped", None, "no money")]),
    ("reason for stopping now given: “no money”",                      [change("why_stopped", "funds", "no money")]),
    ("enrolled 8 (planned 18)",                                        [change("enrollment", "18", "8"), change("enrollment_type", "ESTIMATED", "ACTUAL")]),
    ("enrolled as many as planned",                                    [change("enrollment_type", "ESTIMATED", "ACTUAL")]),
    ("number of participants changed to 5,000 (was 20)",               [change("enrollment", "20", "5000")]),
    ("number of participants now given: 30",                           [change("enrollment", None, "30")]),
    ("number of participants now marked as planned (was enrolled)",    [change("enrollment_type", "ACTUAL", "ESTIMATED")]),
    ("plans 30 participants (enrolled before: 20)",                    [change("enrollment", "20", "30"), change("enrollment_type", "ACTUAL", "ESTIMATED")]),
    ("started on 5 January 2026 (planned December 2025)",              [change("start_date", "2025-12", "2026-01-05"), change("start_date_type", "ESTIMATED", "ACTUAL")]),
    ("completion reached as planned",                                  [change("completion_date_type", "ESTIMATED", "ACTUAL")]),
    ("completion postponed 15 months, to 4 February 2027 (was 2 November 2025)", [change("completion_date", "2025-11-02", "2027-02-04")]),
    ("start brought forward 9 days, to 1 November 2026 (was 10 November 2026)", [change("start_date", "2026-11-10", "2026-11-01")]),
    ("start now given more exactly: 10 November 2026 (was November 2026)", [change("start_date", "2026-11", "2026-11-10")]),
    ("start now given less exactly: November 2026 (was 10 November 2026)", [change("start_date", "2026-11-10", "2026-11")]),
    ("start changed to 2026-13 (was November 2026)",                   [change("start_date", "2026-11", "2026-13")]),
    ("start no longer given (was January 2026)",                       [change("start_date", "2026-01", None)]),
    ("start now marked as planned",                                    [change("start_date_type", "ACTUAL", "ESTIMATED")]),
    ("results posted on 2 May 2026",                                   [change("has_results", "false", "true"), change("results_first_posted", None, "2026-05-02")]),
    ("results submitted on 2 May 2026; not posted yet",                [change("results_first_submitted", None, "2026-05-02")]),
    ("results no longer posted",                                       [change("has_results", "true", "false")]),
    ("results submitted changed to 2 May 2026 (was 1 May 2026)",       [change("results_first_submitted", "2026-05-01", "2026-05-02")]),
    ("masking changed to double (was none (open label))",              [change("masking", "NONE", "DOUBLE")]),
    ("phase changed to Phase 1/Phase 2 (was Phase 1)",                 [change("phases", '["PHASE1"]', '["PHASE1", "PHASE2"]')]),
    ("sponsor no longer given (was Nobody)",                           [change("lead_sponsor", "Nobody", None)]),
    ("healthy volunteers changed to yes (was no)",                     [change("healthy_volunteers", "false", "true")]),
    ("official title reworded",                                        [change("official_title", "a" * 121, "b" * 121)]),
    ("detailed description now given: Text",                           [change("descriptionModule.detailedDescription", None, "Text")]),
    ("primary outcomes (time frame): “Hours slept” reworded",          [change("primary_outcomes.timeFrame", "a" * 121, "b" * 120, "Hours slept")]),
    ("primary outcomes: “Hours slept, 4 weeks” added",                 [change("primary_outcomes", None, "{}", "Hours slept, 4 weeks")]),
    ("sites: “Clinic, Nowhere” removed",                               [change("locations", "{}", None, "Clinic, Nowhere")]),
    ("sites (status): “X” changed to recruiting (was not given)",      [change("locations.status", None, "RECRUITING", "X")]),
    ("removed from ClinicalTrials.gov",                                [change("record", "in the registry", "removed")]),
    ("NCT00000001 was merged into this record",                        [change("record", "NCT00000001", "merged into NCT00000002")]),
    ("back on ClinicalTrials.gov",                                     [change("record", "removed", "in the registry again")]),
    ("record confirmed by the sponsor",                                [change("status_verified", "2025-01", "2026-11")]),
    ("record updated on 21 November 2026 (before: 1 February 2025)",   [change("last_update_posted", "2025-02-01", "2026-11-21"), change("status_verified", "2025-01", "2026-11")]),
)
# fmt: on


@pytest.mark.parametrize(
    ("sentence", "group"), SENTENCES, ids=[sentence for sentence, _ in SENTENCES]
)
def test_a_change_reads_so(sentence, group):
    assert change_sentence(group) == sentence


def test_sentences_about_changes_are_easy_to_read():
    """Flesch-Kincaid grade; the name of the registry is no word that a reader has to spell."""
    text = ". ".join(
        sentence.replace("ClinicalTrials.gov", "the site") for sentence, _ in SENTENCES
    )
    assert textstat.flesch_kincaid_grade(text) <= 9


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2026-11-02T09:00:06", "2 November 2026"),
        ("2026-11", "November 2026"),
        ("2026", "2026"),
        ("soon", "soon"),
        ("2026-13-01", "2026-13-01"),
    ],
)
def test_a_day_in_words(iso, words):
    assert long_day(iso) == words
