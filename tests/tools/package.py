"""Builds wheel and sdist, checks what they contain, and runs the wheel alone.

Run it by `python -m tests.tools.package`.

Needs the dependency group `dev` and a package index.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def expected() -> set[str]:
    """Every module and template of the package, and nothing else."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "enrich").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def build(folder: str) -> Path:
    """The wheel, built from the sdist beside it."""
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, str(ROOT)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = Path(folder).glob("*.whl")
    return wheel


def contents(wheel: Path) -> tuple[set[str], set[str]]:
    """The files of the sdist and of the wheel, without their metadata."""
    (sdist,) = wheel.parent.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(sdist) as packed:
        in_wheel = {name for name in zipped.namelist() if ".dist-info/" not in name}
        in_sdist = {
            member.name.partition("/")[2] for member in packed.getmembers() if member.isfile()
        }
    return {name for name in in_sdist if ".egg-info/" not in name}, in_wheel


def run_alone(wheel: Path) -> None:
    """Installs the wheel into a new environment and runs it in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder) / "venv", with_pip=True)
        programs = Path(folder) / "venv" / "bin"
        subprocess.run(
            [programs / "pip", "install", "--quiet", wheel], check=True, stderr=subprocess.DEVNULL
        )
        (Path(folder) / "empty").mkdir()
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for command in (
            ["--help"],
            ["--version"],
            ["examples"],
            ["examples", "crontab"],
            ["report"],
            ["check"],
        ):
            done = subprocess.run(
                [programs / "enrich", *command],
                cwd=Path(folder) / "empty",
                env=alone,
                capture_output=True,
                text=True,
            )
            output = done.stdout if done.returncode == 0 else done.stderr
            expected_code = 1 if command[0] in ("report", "check") else 0
            if "Traceback" in done.stderr or not output or done.returncode != expected_code:
                sys.exit(
                    f"enrich {' '.join(command)} in an empty folder: {done.returncode}\n{done.stdout}{done.stderr}"
                )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(folder)
        in_sdist, in_wheel = contents(wheel)
        around = {
            "LICENSE",
            "README.md",
            "CHANGELOG.md",
            "MANIFEST.in",
            "PKG-INFO",
            "pyproject.toml",
            "setup.cfg",
        }
        wrong = sorted((in_wheel ^ expected()) | (in_sdist ^ expected() ^ around))
        if wrong:
            sys.exit(f"missing from a package, or there by mistake: {', '.join(wrong)}")
        run_alone(wheel)
    print(
        f"wheel and sdist contain the {len(in_wheel)} files of the package and nothing else;"
        " the wheel runs in an empty environment"
    )


if __name__ == "__main__":
    main()
