"""What an attacker can reach: code in the current folder, files behind links, passwords, names of files, and hosts."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from enrich.atomic import open_new, write_atomic
from enrich.cli import Time, main
from enrich.registry.client import Registry
from enrich.run.notify import Message, harmless
from tests.fixtures.registry_server import StandInRegistry, recent_load
from tests.fixtures.studies import nct, study
from tests.run.test_kill import write_table

ROOT = Path(__file__).parents[2]
SECRET = "hunter2"
NO_ENV = {"PYTHONSAFEPATH", "PYTHONPATH"}


@pytest.fixture
def registry():
    with StandInRegistry([study(1)], loaded=recent_load()) as standin:
        yield standin


def enrich(folder, *arguments, **environment):
    inherited = {name: value for name, value in os.environ.items() if name not in NO_ENV}
    return subprocess.run(
        [sys.executable, "-m", "enrich", *map(str, arguments)],
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


# --- code


LIBRARIES = ("signal", "requests", "orjson", "click", "multiprocessing", "concurrent", "datasette")


@pytest.fixture
def trap(tmp_path):
    """A folder with a table, and files that are called as libraries and note that they were run."""
    write_table(tmp_path, [nct(1)])
    for name in LIBRARIES:
        note = f"open({str(tmp_path / 'RAN')!r}, 'a').write({name!r})"
        (tmp_path / f"{name}.py").write_text(f"{note}\nraise SystemExit({name!r})\n")
    return tmp_path


def ran(folder):
    note = folder / "RAN"
    return note.read_text() if note.exists() else ""


def test_a_file_in_the_current_folder_is_not_run(trap, registry):
    options = ("--registry", registry.url, "--pace", 0, "--no-history")
    assert enrich(trap, "sync", *options).returncode == 0
    assert ran(trap) == ""


def test_a_file_in_the_current_folder_is_not_run_by_worker_processes(trap):
    with zipfile.ZipFile(trap / "all.zip", "w") as archive:
        archive.writestr(f"01/{nct(1)}.json", orjson.dumps(study(1)))
    done = enrich(trap, "load", "all.zip", "--workers", 2)
    assert (done.returncode, ran(trap)) == (0, ""), done.stderr


# --- files


def test_a_link_that_lies_where_a_file_is_prepared_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    monkeypatch.setattr("secrets.token_hex", lambda size: "guessed")
    (tmp_path / ".report.md.guessed").symlink_to(victim)
    with pytest.raises(Exception, match="cannot be written"):
        write_atomic(tmp_path / "report.md", b"new")
    assert victim.read_text() == "precious" and not (tmp_path / "report.md").exists()


def test_a_dangling_link_is_not_followed_either(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        open_new(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


# --- passwords


def authorizations(registry):
    return {asked.headers.get("Authorization") for asked in registry.requests}


def test_a_password_of_the_registry_goes_to_it_alone_and_into_no_output(
    tmp_path, registry, monkeypatch
):
    write_table(tmp_path, [nct(1)])
    url = registry.url.replace("://", f"://me:{SECRET}@")
    options = ("--registry", url, "--pace", 0, "--no-history", "--log-file", "enrich.log", "-v")
    done = enrich(tmp_path, "sync", *options)
    assert done.returncode == 0 and authorizations(registry) == {"Basic bWU6aHVudGVyMg=="}
    registry.fail("403-html", times=None)
    monkeypatch.chdir(tmp_path)
    hasty = Time(sleep=lambda seconds: None)
    refused, away = (
        CliRunner().invoke(main, ["sync", *map(str, options), "--registry", root], obj=hasty)
        for root in (url, f"http://me:{SECRET}@127.0.0.1:9")
    )
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (done, refused, away):
        assert SECRET not in text.stdout + text.stderr
    assert SECRET.encode() not in written


def test_a_redirect_to_another_host_gets_no_password(tmp_path, registry):
    with StandInRegistry([study(1)], loaded=recent_load()) as other:
        from tests.fixtures.registry_server import Response, respond_always

        away = Response(301, headers={"Location": f"{other.url}/api/v2/studies/{nct(1)}"})
        registry.fail(respond_always(away), on="single", times=None)
        asks = Registry(registry.url.replace("://", f"://me:{SECRET}@"), pace=0)
        with pytest.raises(Exception, match="not followed"):
            asks.study(nct(1))
        assert other.requests == []


def test_the_passwords_of_a_netrc_are_not_sent(tmp_path, registry):
    write_table(tmp_path, [nct(1)])
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"default login me password {SECRET}\n")
    netrc.chmod(0o600)
    options = ("--registry", registry.url, "--pace", 0, "--no-history")
    assert enrich(tmp_path, "sync", *options, HOME=str(tmp_path), NETRC=str(netrc)).returncode == 0
    assert authorizations(registry) == {None}


@pytest.mark.parametrize("url", [f"{SECRET}://", f"{SECRET}@json://localhost"])
def test_what_stands_before_the_slashes_of_an_address_is_not_shown(tmp_path, registry, url):
    pytest.importorskip("apprise")
    write_table(tmp_path, [nct(1)])
    options = ("--registry", registry.url, "--notify", url, "--log-file", "enrich.log", "-v")
    done = enrich(tmp_path, "sync", *options)
    assert done.returncode == 1  # not understood, or understood and not reached
    assert SECRET not in done.stderr + (tmp_path / "enrich.log").read_text()


# --- foreign text


ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202etxt"


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--table", f"{ESCAPES}.toml"),
        ("report", "--db", f"{ESCAPES}.db"),
        ("sync", "--table", "data", "--db", f"{ESCAPES}.db"),
        (f"--{ESCAPES}",),
        (ESCAPES,),
        ("sync", "--pace", ESCAPES),
        ("sync", "--registry", f"http://{ESCAPES}"),
        ("load", f"{ESCAPES}.zip"),
        ("export", "--output", f"{ESCAPES}/x.csv"),
    ],
    ids=lambda arguments: arguments[0][:8],
)
def test_a_name_of_a_file_controls_no_terminal(tmp_path, arguments):
    done = enrich(tmp_path, *arguments)
    assert done.returncode in (1, 2)
    assert not set("\x1b\x07\u202e") & set(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "text",
    [
        "@everyone read this",
        "Dear @here,",
        "<!channel> stopped",
        "<@U012AB3CD>",
        "[safe](https://evil.example)",
        "<https://evil.example|safe>",
        "<b>bold</b>",
        "```code```",
        "||hidden||",
    ],
)
def test_foreign_text_in_a_notice_is_no_command(text):
    sent = harmless(Message(text, text, "", "2026-11-25"))
    for part in (sent.subject, sent.text):
        assert part != text and part.replace("\u200b", "") == text
        assert not any(
            command in part
            for command in ("@e", "@h", "<!", "<@", "](", "<h", "<b", "</", "```", "||")
        )


# --- the site


@pytest.fixture
def site(tmp_path, registry):
    if find_spec("datasette") is None:
        pytest.skip("Datasette is not installed")
    write_table(tmp_path, [nct(1)])
    options = ("--registry", registry.url, "--pace", 0, "--no-history")
    assert enrich(tmp_path, "sync", *options).returncode == 0
    command = [sys.executable, "-m", "enrich", "browse", "--no-open"]
    (tmp_path / "datasette.py").write_text("open('RAN', 'w').write('datasette')")
    browse = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    url = browse.stdout.readline().split("  ")[0]
    for _ in range(200):
        if answers(url):
            break
        time.sleep(0.1)
    yield browse, url
    browse.kill()
    browse.wait()
    browse.stdout.close()
    assert ran(tmp_path) == ""


def answers(url, host=None):
    """The status of the answer; None where nobody answers."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def test_the_site_answers_its_own_names_alone_and_ends_with_its_program(site):
    browse, url = site
    assert answers(url) == 200
    port = url.rstrip("/").rpartition(":")[2]
    assert answers(url, f"localhost:{port}") == 200
    assert answers(url, f"evil.example:{port}") == answers(url, "evil.example") == 421
    for query in ("hex(zeroblob(900000000))", "randomblob(900000000)"):
        began = time.monotonic()
        assert answers(f"{url}trials.json?sql=select+{query}") == 400
        assert time.monotonic() - began < 5
    browse.send_signal(signal.SIGKILL)
    ended = time.monotonic() + 20
    while answers(url) and time.monotonic() < ended:
        time.sleep(0.1)
    assert answers(url) is None


def test_the_longest_value_of_a_site_is_bounded():
    pytest.importorskip("datasette")
    from enrich.site.plugins import guard

    with closing(sqlite3.connect(":memory:")) as connection:
        guard.prepare_connection(connection)
        with pytest.raises(sqlite3.DataError):
            connection.execute("select zeroblob(900000000)")
