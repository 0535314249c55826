"""The floor: fetch the bytes, parse each once with the fastest parser at hand, write the raw rows
plainly. Compares and remembers nothing.

`floor.py URL IDS [DATABASE]`: without a database, only fetch and parse.
"""

import sqlite3
import sys
from pathlib import Path

import orjson
import requests

root, ids = sys.argv[1], Path(sys.argv[2]).read_text().split()
session = requests.Session()
db = sqlite3.connect(sys.argv[3]) if len(sys.argv) > 3 else None
if db:
    db.execute("create table studies (nct_id text primary key, study text)")
for at in range(0, len(ids), 100):
    answer = session.get(
        f"{root}/api/v2/studies",
        params={"filter.ids": ",".join(ids[at : at + 100]), "pageSize": "200"},
    )
    lines = [line.rstrip(b",") for line in answer.content.split(b"\n")[1:-1]]
    studies = [orjson.loads(line) for line in lines]
    if db:
        named = [study["protocolSection"]["identificationModule"]["nctId"] for study in studies]
        # The cheapest way to have them as text: the bytes as they are.
        db.executemany(
            "insert into studies values (?, cast(? as text))", zip(named, lines, strict=True)
        )
        db.commit()
