"""The HTML report in a browser: valid, accessible, no wider than a phone, and short on it.

Needs node, html-validate, axe-core and playwright-core.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from enrich.storage.report_query import read_report, run_before
from tests.fixtures.corpus import REGISTRY
from tests.fixtures.rendered import rendered
from tests.fixtures.review_nights import review_nights
from tests.fixtures.sample_runs import sample_runs
from tests.hostile.test_text import report as hostile_report  # noqa: F401 - a fixture

LOOK = Path(__file__).parent / "look.mjs"

pytestmark = pytest.mark.browser


def looked_at(*pages: Path, highest: int | None = None) -> list[dict[str, str]]:
    """What the tools find on these pages, no higher than *highest* pixels on a phone.

    Fails where the tools are missing.
    """
    command = [
        "node",
        str(LOOK),
        os.environ["ENRICH_NODE_MODULES"],
        os.environ["ENRICH_BROWSER"],
        *map(str, pages),
    ]
    limits = {"HIGHEST": str(highest)} if highest else {}
    found = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, **limits},
    )
    return json.loads(found.stdout)


def test_reports_are_valid_accessible_and_fit_a_phone(tmp_path, hostile_report):  # noqa: F811
    with sample_runs(tmp_path) as database:
        pages = {
            "last": rendered("html", read_report(database, with_timelines=True)),
            "all": rendered(
                "html",
                read_report(database, since=run_before(database, "first"), with_timelines=True),
                show_all=True,
            ),
            "first": rendered("html", read_report(database, 1, with_timelines=True)),
        }
    for name, page in {
        **pages,
        "hostile": rendered("html", hostile_report, show_all=True),
    }.items():
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    assert looked_at(*sorted(tmp_path.glob("*.html"))) == []


@pytest.mark.corpus
@pytest.mark.skipif(not REGISTRY.exists(), reason=f"no real records at {REGISTRY}")
@pytest.mark.parametrize("nights", [1, 2, 3])
def test_a_page_of_61_trials_is_accessible_and_short_on_a_phone(tmp_path, nights):
    with review_nights(tmp_path, nights) as database:
        report = read_report(database, with_timelines=True)
        earlier = read_report(database, since=0)
    for name in ("html", "mail-html"):
        page = rendered(name, report, earlier=earlier)
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    pages = sorted(tmp_path.glob("*.html"))
    assert looked_at(*pages, highest=10_000) == []


PLANTED = {
    ("axe", "color-contrast"): "<p style='color:#aaa;background:#bbb'>pale</p>",
    ("axe", "image-alt"): "<img src='data:,'>",
    ("browser", "too-wide"): "<div style='width:1500px'>wide</div>",
    ("html-validate", "close-order"): "<p><div>nested</div></p>",
}


def test_the_tools_find_planted_faults(tmp_path):
    with sample_runs(tmp_path, nights=()) as database:
        page = rendered("html", read_report(database, with_timelines=True))
    (tmp_path / "page.html").write_text(
        page.replace("<main>", f"<main>{''.join(PLANTED.values())}"), encoding="utf-8"
    )
    assert {*PLANTED} <= {
        (finding["tool"], finding["rule"]) for finding in looked_at(tmp_path / "page.html")
    }
