"""Builds the wheel and the sdist and looks at what they hold: `python -m tests.package`. Needs the `dev` extra."""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def expected() -> set[str]:
    """Every module and template of the package, and nothing else."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / "enrich").rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def build(folder: str) -> tuple[set[str], set[str]]:
    """The files of the sdist and of the wheel built from it, without their metadata."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, str(ROOT)], check=True, stdout=subprocess.DEVNULL)
    (wheel,), (sdist,) = Path(folder).glob("*.whl"), Path(folder).glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(sdist) as packed:
        in_wheel = {name for name in zipped.namelist() if ".dist-info/" not in name}
        in_sdist = {member.name.partition("/")[2] for member in packed.getmembers() if member.isfile()}
    return {name for name in in_sdist if ".egg-info/" not in name}, in_wheel


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        in_sdist, in_wheel = build(folder)
    around = {"LICENSE", "README.md", "CHANGELOG.md", "MANIFEST.in", "PKG-INFO", "pyproject.toml", "setup.cfg"}
    wrong = sorted((in_wheel ^ expected()) | (in_sdist ^ expected() ^ around))
    if wrong:
        sys.exit(f"missing from a package, or there by mistake: {', '.join(wrong)}")
    print(f"wheel and sdist hold the {len(in_wheel)} files of the package, and nothing else")


if __name__ == "__main__":
    main()
