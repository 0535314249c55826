"""Nights at the stand-in: invented records, a table that lists them, and `enrich sync` as cron runs it, with a clock of its own."""

import csv
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from click.testing import CliRunner, Result

from enrich import cli

STATUS = "protocolSection.statusModule.overallStatus"


def invented(number: int, *, status: str = "RECRUITING", enrollment: int = 20) -> dict:
    """A small record of the registry's shape; everything in it is invented."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": f"Invented trial {number}"},
            "statusModule": {
                "overallStatus": status,
                "startDateStruct": {"date": "2024-01-15", "type": "ACTUAL"},
                "completionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
                "lastUpdateSubmitDate": "2026-01-10",
                "lastUpdatePostDateStruct": {"date": "2026-01-12", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "An Invented University", "class": "OTHER"}},
            "conditionsModule": {"conditions": ["Psoriasis"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL", "maskingInfo": {"masking": "DOUBLE"}},
                "enrollmentInfo": {"count": enrollment, "type": "ESTIMATED"},
            },
            "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years"},
        },
        "hasResults": False,
    }


def write_table(folder: Path, count: int) -> Path:
    """A table of the first *count* invented trials, which agrees with them."""
    with (folder / "review.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Trial", "N", "Phase"])
        writer.writerows([f"NCT{number:08d}", 20, "Phase II"] for number in range(1, count + 1))
    description = 'title = "A review"\nfile = "review.csv"\npublished = 2026-02-01\nid_column = "Trial"\n'
    description += '[columns.N]\nsays = ["enrollment"]\n[columns.Phase]\nsays = ["phases"]\n'
    (folder / "review.toml").write_text(description, encoding="utf-8")
    return folder / "review.toml"


class Crontab:
    """`enrich sync -q` once a weekday against the registry at *url*; its clock stands at six in the morning of the day."""

    def __init__(self, folder: Path, url: str, count: int, monkeypatch) -> None:
        self.folder, self.url = folder, url
        self.table = write_table(folder, count)
        self.day = datetime(2026, 9, 7, 6, tzinfo=UTC)
        monkeypatch.setattr(cli, "_now", lambda: self.day.isoformat(timespec="seconds"))

    def next_day(self) -> None:
        self.day += timedelta(days=3 if self.day.weekday() == 4 else 1)

    def run(self, *options: str) -> Result:
        """One night's run, and on to the next weekday."""
        paths = ["--table", self.table, "--db", self.folder / "trials.db", "--cache", self.folder / "cache"]
        result = CliRunner().invoke(cli.main, ["sync", "-q", "--registry", self.url, "--pace", "0", *map(str, paths), *options])
        self.next_day()
        return result


class Receiver(HTTPServer):
    """A receiver of JSON on loopback, which keeps what it gets; `answer` is the status that it gives, `url` its address for apprise."""

    def __init__(self, secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Keep)
        self.got, self.answer = [], 200
        self.url = f"json://team:{secret}@127.0.0.1:{self.server_port}/{secret}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Keep(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing on stderr."""
