"""The floor for a bulk download: unpack each study, parse it once with the fastest parser, write
the raw rows plainly. `bulk_floor.py ZIP DATABASE`.
"""

import sqlite3
import sys
import zipfile

import orjson

db = sqlite3.connect(sys.argv[2])
db.execute("create table studies (nct_id text primary key, study text)")
with zipfile.ZipFile(sys.argv[1]) as archive:
    names = [name for name in archive.namelist() if name.endswith(".json")]
    for at in range(0, len(names), 300):
        raws = [archive.read(name) for name in names[at : at + 300]]
        ids = [
            orjson.loads(raw)["protocolSection"]["identificationModule"]["nctId"] for raw in raws
        ]
        # The cheapest way to have them as text: the bytes as they are.
        db.executemany(
            "insert into studies values (?, cast(? as text))", zip(ids, raws, strict=True)
        )
        db.commit()
