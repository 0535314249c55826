"""The examples for cron, systemd and GitHub do what they describe, in the environment that each of them has."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from enrich.cli import main
from tests.fixtures.cron_job import STATUS_PATH, cron_study, write_cron_table
from tests.fixtures.registry_server import StandInRegistry, recent_load, set_path

EXAMPLES = {
    file.name: file.read_text(encoding="utf-8")
    for file in files("enrich").joinpath("examples").iterdir()
}
ENRICH = Path(sys.executable).with_name("enrich")


@pytest.fixture
def registry():
    with StandInRegistry(
        [cron_study(number) for number in range(1, 4)], loaded=recent_load()
    ) as standin:
        yield standin


def test_the_command_prints_each_example_and_names_them_all():
    assert CliRunner().invoke(main, ["examples"]).stdout.split() == sorted(EXAMPLES)
    for name, text in EXAMPLES.items():
        assert CliRunner().invoke(main, ["examples", name]).stdout == text
    result = CliRunner().invoke(main, ["examples", "launchd"])
    assert result.exit_code == 2 and "there are: crontab, enrich.service" in result.stderr


# --- cron


def test_the_crontab_line_runs_in_the_bare_environment_of_cron_and_mails_news_once(
    tmp_path, registry
):
    (line,) = [
        line
        for line in EXAMPLES["crontab"].splitlines()
        if " enrich sync" in line.replace("/enrich", " enrich")
    ]
    *when, command = line.split(maxsplit=5)
    assert (
        when == ["37", "15", "*", "*", "1-5"] and "%" not in command
    )  # cron takes % for the end of the line
    review = tmp_path / "review"
    (review / ".venv" / "bin").mkdir(parents=True)
    (review / ".venv" / "bin" / "enrich").symlink_to(ENRICH)
    (review / "data").mkdir()
    write_cron_table(review / "data", 3)

    def run():
        bare = {
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "LOGNAME": "you",
            "SHELL": "/bin/sh",
            "ENRICH_REGISTRY": registry.url,
        }
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env=bare,
            cwd=tmp_path,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode()

    assert "3 new" in run()
    assert run() == ""
    registry.next_load()
    registry.change("NCT00000001", lambda study: set_path(study, STATUS_PATH, "COMPLETED"))
    assert "completed (was recruiting)" in run()
    assert (review / "enrich.log").read_text(encoding="utf-8").count("started: review") == 3


# --- systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path):
    units = [tmp_path / name for name in ("enrich.service", "enrich.timer")]
    for unit in units:
        unit.write_text(
            EXAMPLES[unit.name].replace("%h/review/.venv/bin/enrich", str(ENRICH)), encoding="utf-8"
        )
    result = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, units)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
def test_a_run_under_systemd_may_do_little(tmp_path):
    unit = tmp_path / "enrich.service"
    unit.write_text(EXAMPLES["enrich.service"], encoding="utf-8")
    checked = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--threshold=30",
            "--no-pager",
            str(unit),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


# --- GitHub


WORKFLOW = yaml.safe_load(EXAMPLES["github-actions.yml"])


def test_every_action_of_the_workflow_is_named_by_its_commit_and_version():
    uses = [line for line in EXAMPLES["github-actions.yml"].splitlines() if "uses:" in line]
    assert uses and all(
        re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in uses
    )


def test_the_jobs_of_the_workflow_have_the_least_permissions_and_keep_no_credentials():
    assert WORKFLOW["permissions"] == {}
    assert {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()} == {
        "sync": {"contents": "write"},
        "publish": {"pages": "write", "id-token": "write"},
    }
    checkout = WORKFLOW["jobs"]["sync"]["steps"][0]
    assert checkout["with"] == {"persist-credentials": False}
    tokens = [
        step["name"] for step in WORKFLOW["jobs"]["sync"]["steps"] if "TOKEN" in step.get("env", {})
    ]
    assert tokens == ["Commit"]


def test_the_workflow_installs_only_what_is_locked():
    assert "--require-hashes" in STEPS["Install"] and "--no-deps" in STEPS["Install"]


def git(*arguments, cwd):
    return subprocess.run(
        ["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.fixture
def clone(tmp_path):
    """A repository with a table in it, cloned from one to push to."""
    git("init", "--quiet", "--bare", "--initial-branch=main", "origin", cwd=tmp_path)
    git("clone", "--quiet", "origin", "here", cwd=tmp_path)
    (tmp_path / "here" / "data").mkdir()
    write_cron_table(tmp_path / "here" / "data", 3)
    return tmp_path / "here"


STEPS = {
    step["name"]: step["run"]
    for step in yaml.safe_load(EXAMPLES["github-actions.yml"])["jobs"]["sync"]["steps"]
    if "run" in step
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_steps_of_the_workflow_commit_the_cache_and_write_page_feed_and_table(clone, registry):
    environment = {
        **os.environ,
        "PATH": f"{ENRICH.parent}:{os.environ['PATH']}",
        "ENRICH_REGISTRY": registry.url,
        "ENRICH_NOTIFY": "",
        "TOKEN": "secret",
    }

    def run():
        for name in ("Compare", "Write", "Commit"):
            done = subprocess.run(
                ["bash", "-e", "-c", STEPS[name]],
                cwd=clone,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr

    run()
    assert {file.name for file in (clone / "site").iterdir()} == {
        "index.html",
        "feed.xml",
        "table.csv",
        "archive",
    }
    run()
    registry.next_load()
    registry.change("NCT00000002", lambda study: set_path(study, STATUS_PATH, "COMPLETED"))
    run()
    commits = git("rev-list", "--reverse", "origin/main", cwd=clone).split()
    (page,) = (f"archive/{path.name}" for path in (clone / "archive").iterdir())
    assert [
        git("show", "--format=", "--name-only", commit, cwd=clone).split() for commit in commits
    ] == [
        [page, *(f"cache/NCT{number:08d}.json" for number in (1, 2, 3))],
        [page, "cache/NCT00000002.json"],  # the night between them changed nothing
    ]
    archived = clone / "site" / "archive"
    assert f'<a href="{Path(page).name}">' in (archived / "index.html").read_text()
    assert (archived / Path(page).name).read_text() == (clone / "site" / "index.html").read_text()
