"""Makes a database as an earlier commit wrote it.

    python -m tests.tools.old_databases COMMIT NAME [--bulk]

It goes to tests/storage/databases/NAME.db.xz, and `test_old_databases` then opens it with today's
code. The commit's own code sees the nights of nights.json through today's stand-in for the
registry, and reads Table 9 from the copies that it ships. With `--bulk` it reads the nights from
bulk downloads instead.
"""

import json
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tests.fixtures.registry_server import StandInRegistry, recent_load

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "storage" / "databases"
TABLE, TABLE_9 = FOLDER / "moonlight.toml", ROOT / "data" / "table9.toml"

Night = dict[str, Any]  # by id, the record that the registry shows; none for one that it removed


def nights() -> list[Night]:
    """What the invented registry showed on each night."""
    found: list[Night] = json.loads((FOLDER / "nights.json").read_text(encoding="utf-8"))
    return found


def pass_night(registry: StandInRegistry, night: Night) -> None:
    """Brings the registry from one night to the next."""
    registry.next_load()
    for nct_id in [*registry.matching_ids(None)]:
        if nct_id not in night:
            registry.remove(nct_id)
    for nct_id, record in night.items():
        registry.change(nct_id, lambda study, record=record: (study.clear(), study.update(record)))


def main(commit: str, name: str, bulk: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        _git("worktree", "add", "--detach", str(code), commit)
        try:
            content = _database(code, Path(folder), bulk=bool(bulk))
        finally:
            _git("worktree", "remove", "--force", str(code))
    packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    (FOLDER / f"{name}.db.xz").write_bytes(packed)
    print(f"{name}: {len(content):,} bytes, {len(packed):,} packed")


def _database(code: Path, folder: Path, *, bulk: bool) -> bytes:
    """The content of the database after all nights."""
    db = folder / "trials.db"

    def sync(*arguments: str) -> None:
        command = [sys.executable, "-m", "enrich", "sync", "--db", str(db), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(code)}
        subprocess.run(command, cwd=code, env=environment, check=True, stdout=subprocess.DEVNULL)

    sync("--offline", "--table", "data/table9.toml")
    if bulk:
        for number, night in enumerate(nights()):
            download = _zip(night, folder / f"{number}.zip")
            sync("--table", str(TABLE), "--from", str(download), "--workers", "1")
        return db.read_bytes()
    first, *later = nights()
    with StandInRegistry(list(first.values()), loaded=recent_load()) as registry:
        asking = ["--registry", registry.url, "--pace", "0", "--cache", str(folder / "cache")]
        sync("--table", str(TABLE), *asking)
        for night in later:
            pass_night(registry, night)
            sync("--table", str(TABLE), *asking)
    return db.read_bytes()


def _zip(night: Night, path: Path) -> Path:
    """The records of a night as the registry's bulk download has them: one deflated file each."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for nct_id, record in night.items():
            archive.writestr(f"{nct_id[3:5]}/{nct_id}.json", json.dumps(record))
    return path


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
