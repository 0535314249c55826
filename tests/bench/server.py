"""The stand-in registry as a process: it answers each line on its standard input by a line.

`night SHARE`: a new load in which this share of the records has changed. `requests`: their number
since the last answer.
"""

import gc
import itertools
import sys
from dataclasses import replace
from pathlib import Path

from tests.fixtures.registry_server import (
    StandInRegistry,
    post_update,
    queries,
    read_studies,
    recent_load,
    routes,
)


def serve(file: Path, latency: float) -> None:
    """Serves the records of *file* until standard input ends, each response *latency* seconds late."""
    gc.disable()
    studies = read_studies(file)
    gc.freeze()
    gc.enable()
    _ignore_searches()
    with StandInRegistry(studies, latency=latency, loaded=recent_load()) as registry:
        print(registry.url, flush=True)
        for line in sys.stdin:
            print(_answer(registry, line.split()), flush=True)


def _ignore_searches() -> None:
    """Makes the stand-in ignore what pytrials and biomcp ask besides the ids.

    pytrials cannot ask without a search term. biomcp asks for some fields: it gets whole records.
    """
    ignored = dict.fromkeys(("query.term", "markupFormat"), "")
    routes.ROUTES = tuple(
        replace(route, parameters={*route.parameters, *ignored}) for route in routes.ROUTES
    )
    queries.UNSUPPORTED_PARAMETERS -= ignored.keys()
    queries.SUPPORTED_VALUES.pop("markupFormat", None)
    routes.field_paths = lambda fields: []


def _answer(registry: StandInRegistry, words: list[str]) -> str:
    if words[0] == "requests":
        count = len(registry.requests)
        registry.requests.clear()
        return str(count)
    registry.next_load()
    ids = registry.matching_ids(None)
    changed = (
        list(itertools.islice(ids, 0, None, round(1 / float(words[1])))) if float(words[1]) else []
    )
    for nct_id in changed:
        _change(registry, nct_id)
    for nct_id in ids:
        registry.study_line(nct_id)  # laid out before the clock runs
    return str(len(changed))


def _change(registry: StandInRegistry, nct_id: str) -> None:
    registry.change(nct_id, lambda study: post_update(registry.day, study))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), float(sys.argv[2]))
