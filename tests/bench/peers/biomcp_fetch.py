"""biomcp in its largest batches, ten ids a process; nothing is stored.

`biomcp_fetch.py URL IDS PROGRAM`.
"""

import os
import subprocess
import sys
from pathlib import Path

ids = Path(sys.argv[2]).read_text().split()
env = {**os.environ, "BIOMCP_CTGOV_BASE": f"{sys.argv[1]}/api/v2"}
for at in range(0, len(ids), 10):
    subprocess.run(
        [sys.argv[3], "--json", "--no-cache", "batch", "trial", ",".join(ids[at : at + 10])],
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
