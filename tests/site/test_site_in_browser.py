"""The site in a real browser, over 1,500 real records and Table 9: what is found by its text, what the console reports, how fast it is, and whether people can use it who do not see well or use no mouse."""

import base64
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from enrich.site.build import write_site
from tests.fixtures.corpus import REGISTRY
from tests.fixtures.real_database import build_real_database

pytestmark = [pytest.mark.selenium, pytest.mark.filterwarnings("ignore")]

_OPTIONS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ),
)

# fmt: off
PAGES = {
    "home":            ("/", "What does my table look like today?"),
    "merged":          ("/trials/merged", "1,510 rows"),
    "table":           ("/trials/published_table9", "Autologous hAT-MSCs"),
    "trial":           ("/trials/trials/NCT03211793", "Mesenchymal Stromal Cells as Treatment for Digital Ulcers in Systemic Sclerosis"),
    "changed":         ("/trials/trials/NCT06861062", "compare versions 1 and 2"),
    "search":          ("/trials/trials?_search=scleroderma", "search matches \"scleroderma\""),
    "rows":            ("/trials/rows?_search=plasmapheresis", "1 row where"),
    "changes":         ("/trials/recent_changes", "Sites (status)"),
    "recruiting":      ("/trials/recruiting_now", "Trials that recruit now"),
    "as_of":           ("/trials/as_of?date=2021-03-09", "not known for this day"),
    "changes_since":   ("/trials/changes_since?date=2026-01-01", "What changed since a day?"),
    "differences":     ("/trials/differences_by_cause?cause=never+agreed&rows=1000", "registry: planned 20, not updated since 2009"),
    "country":         ("/trials/trials_by_country?country=France", "France"),
    "near":            ("/trials/sites_near?place=Lyon&km=50", "Lyon"),
    "overdue":         ("/trials/overdue_results", "completed"),
    "planned":         ("/trials/planned_against_actual", "Enrolled"),
    "map":             ("/trials/locations?country=France", "rows where country = \"France\""),
}
# fmt: on


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The root of the site over real records, served as `enrich browse` serves it, and its folder."""
    if not REGISTRY.is_dir():
        pytest.skip(f"no real records in {REGISTRY}")
    folder = tmp_path_factory.mktemp("real")
    write_site(build_real_database(folder), folder / "site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = subprocess.Popen(
        [sys.executable, "-m", "datasette", "serve", str(folder / "site"), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    root = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(root).close()
            break
        except OSError:
            time.sleep(0.5)
    yield root, folder / "site"
    served.terminate()
    served.wait()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """One Chromium for all tests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for option in (*_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium") or "chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=Service(shutil.which("chromedriver") or "chromedriver")
    )
    yield driver
    driver.quit()


@pytest.fixture(params=[1280, 390])
def browser(request, chromium):
    """Chromium with a window so wide."""
    return with_view(chromium, request.param, "light")


def with_view(browser, width, mode):
    """The browser with a window of this width in light or dark mode."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": mode}]},
    )
    browser.wide = width
    browser.get_log("browser")  # what earlier pages reported
    return browser


def complaints(browser):
    """What the console reports, but for the street map's tiles: they lie on another server, which tests do not reach."""
    return [
        line["message"]
        for line in browser.get_log("browser")
        if line["level"] == "SEVERE" and "tile.openstreetmap.org" not in line["message"]
    ]


def wait_until_left(browser, element):
    """Until the page of *element* has given way to the next one."""
    from selenium.webdriver.support.expected_conditions import staleness_of
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 20).until(staleness_of(element))


def body(browser):
    return browser.find_element("tag name", "body").text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_it_should_and_complains_of_nothing(site, browser, name):
    path, text = PAGES[name]
    browser.get(site[0] + path)
    assert text in body(browser)
    assert complaints(browser) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= browser.wide
    keep_picture(browser, name)


def keep_picture(browser, name):
    """A picture to look at, where ENRICH_PICTURES names a folder."""
    if folder := os.environ.get("ENRICH_PICTURES"):
        screenshot = browser.execute_cdp_cmd(
            "Page.captureScreenshot",
            {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, "width": browser.wide, "height": 1600, "scale": 1},
            },
        )
        Path(folder, f"{name}-{browser.wide}.png").write_bytes(base64.b64decode(screenshot["data"]))


# --- without good sight, without a mouse

KINDS = {
    "home": "/",
    "database": "/trials",
    "table": "/trials/trials",
    "published table": "/trials/published_table9",
    "row": "/trials/rows/8",
    "row of another table": "/trials/runs/1",
    "view": "/trials/merged",
    "question": "/trials/as_of",
    "SQL": "/trials?sql=select+nct_id,+brief_title+from+trials+limit+5",
    "search": "/trials/trials?_search=scleroderma",
    "map": "/trials/locations?country=France&_size=20",
    "trial": "/trials/trials/NCT03211793",
    "changed trial": "/trials/trials/NCT06861062",
    "trial with results": "/trials/trials/NCT04435626",
    "two versions": "/trial/NCT06861062/versions",
    "error": "/trials/nothing",
}
WIDTHS, MODES = (390, 768, 1280), ("light", "dark")
# Each kind of page at one width and mode, and every combination among a few pages.
SAMPLE = [
    (kind, WIDTHS[number % 3], MODES[(number + number // 3) % 2])
    for number, kind in enumerate(KINDS)
]
ALL_VIEWS = [(kind, width, mode) for kind in KINDS for width in WIDTHS for mode in MODES]


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, which finds barriers."""
    path = Path(os.environ.get("ENRICH_NODE_MODULES", ""), "node_modules/axe-core/axe.min.js")
    if not path.is_file():
        pytest.skip("needs axe-core; ENRICH_NODE_MODULES names the folder in which npm put it")
    return path.read_text(encoding="utf-8")


def barriers(browser, axe):
    """What axe finds on the page that is open: rule, place and reason."""
    browser.execute_script(axe)
    return browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(found => done(found.violations.flatMap(rule =>"
        " rule.nodes.map(node => [rule.id, node.html.slice(0, 200), node.failureSummary]))))"
    )


@pytest.mark.parametrize(
    ("kind", "width", "mode"),
    [
        pytest.param(
            *view, marks=() if view in SAMPLE else pytest.mark.long, id=" ".join(map(str, view))
        )
        for view in ALL_VIEWS
    ],
)
def test_axe_finds_no_barrier_and_no_page_is_wider_than_its_window(
    site, chromium, axe, kind, width, mode
):
    browser = with_view(chromium, width, mode)
    browser.get(site[0] + KINDS[kind])
    if kind == "map":
        wait_for_markers(browser)
    assert barriers(browser, axe) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    keep_picture(browser, f"{kind}-{mode}")


def test_axe_sees_a_barrier(site, chromium, axe):
    browser = with_view(chromium, 1280, "light")
    browser.get(site[0])
    browser.execute_script("document.querySelector('main p').style.color = '#ddd'")
    assert {rule for rule, *_ in barriers(browser, axe)} == {"color-contrast"}


_FOCUSED = """
const element = document.activeElement, box = element.getBoundingClientRect();
const all = [...document.querySelectorAll("*")];
return {place: all.indexOf(element), name: element.tagName + " " + (element.innerText || element.name || ""),
        shown: box.width > 0 && box.height > 0 && box.left >= -1,
        outlined: getComputedStyle(element).outlineStyle !== "none"};
"""


@pytest.mark.parametrize("kind", ["table", "trial", "question", "two versions"])
def test_the_tab_key_visits_what_can_be_used_in_its_order(site, chromium, kind):
    from selenium.webdriver.common.keys import Keys

    browser = with_view(chromium, 1280, "light")
    browser.get(site[0] + KINDS[kind])
    visited = []
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        visited.append(browser.execute_script(_FOCUSED))
    # At its end, the order begins again.
    order = [stop["place"] for stop in visited]
    ended = next((n for n in range(1, len(order)) if order[n] <= order[n - 1]), len(order))
    assert ended > 10
    assert visited[0]["name"].startswith("A Skip to the content")
    assert [stop for stop in visited[:ended] if not (stop["shown"] and stop["outlined"])] == []


def test_the_skip_link_leads_to_the_content(site, chromium):
    from selenium.webdriver.common.keys import Keys

    browser = with_view(chromium, 1280, "light")
    browser.get(site[0] + KINDS["trial"])
    browser.switch_to.active_element.send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.execute_script("return document.activeElement.closest('main') !== null")


def test_the_home_page_is_small_with_all_that_it_loads(site, chromium):
    browser = with_view(chromium, 1280, "light")
    browser.get(site[0])
    loaded = browser.execute_script(
        "return performance.getEntries().reduce((sum, entry) => sum + (entry.encodedBodySize || 0), 0)"
    )
    assert 2_000 < loaded < 200_000


@pytest.mark.parametrize(
    "path", ["/trials/locations?country=France", "/trials/sites_near?place=Lyon&km=50"]
)
def test_the_map_has_markers(site, browser, path):
    browser.get(site[0] + path)
    wait_for_markers(browser)
    assert complaints(browser) == []


def wait_for_markers(browser):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 20).until(
        lambda seen: seen.find_elements("css selector", ".leaflet-marker-icon")
    )


def test_a_facet_that_is_clicked_filters(site, browser):
    browser.get(f"{site[0]}/trials/recent_changes")
    link = browser.find_element("link text", "material")
    link.click()
    wait_until_left(browser, link)
    assert 'where kind = "material"' in body(browser)
    assert complaints(browser) == []


def test_search_works_in_datasettes_own_box(site, browser):
    browser.get(f"{site[0]}/trials/trials")
    box = browser.find_element("id", "_search")
    box.send_keys("digital ulcer MANUS\n")
    wait_until_left(browser, box)
    assert "NCT03211793" in body(browser)


def test_pages_are_fast_and_the_database_is_small(site):
    """Medians of three requests a page compared with one plain SELECT; and how much is kept besides the records themselves."""
    root, folder = site
    medians = {
        name: statistics.median(seconds(f"{root}{path}") for _ in range(3))
        for name, (path, _) in PAGES.items()
    }
    db = sqlite3.connect(folder / "trials.db")
    begun = time.perf_counter()
    db.execute("select * from trials limit 50").fetchall()
    plain = time.perf_counter() - begun
    raw = db.execute("select sum(length(cast(study as blob))) from versions").fetchone()[0]
    db.close()
    size = (folder / "trials.db").stat().st_size
    print(
        json.dumps(
            {
                "plain select, ms": ms(plain),
                "median, ms": ms(statistics.median(medians.values())),
                **{name: ms(median) for name, median in medians.items()},
            }
        )
    )
    print(f"database {size / 1e6:.1f} MB, records in it {raw / 1e6:.1f} MB")
    assert size < 1.5 * raw


def seconds(url):
    begun = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        answer.read()
    return time.perf_counter() - begun


def ms(duration):
    return round(1000 * duration, 1)
