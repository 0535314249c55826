"""The stand-in registry as a process of its own, told by lines on its standard input; each is answered by a line.

`night SHARE`: a new load in which this share of the records really changed. `requests`: how many came in since the last answer.
"""

import gc
import itertools
import sys
from dataclasses import replace
from pathlib import Path

from tests.fixtures import registry_server as standin
from tests.fixtures.registry_server import NOT_PLAYED, StandIn, read_studies, update


def serve(file: Path) -> None:
    """Serves the records of *file* until standard input ends."""
    gc.disable()
    studies = read_studies(file)
    gc.freeze()
    gc.enable()
    _take_any_search()
    with StandIn(studies) as registry:
        print(registry.url, flush=True)
        for line in sys.stdin:
            print(_obey(registry, line.split()), flush=True)


def _take_any_search() -> None:
    """pytrials cannot ask without a search term: the ids that go with it say what is wanted. biomcp asks for some fields: it gets whole records."""
    playing = dict.fromkeys(("query.term", "markupFormat"), "")
    standin.ROUTES = tuple(
        replace(route, parameters={*route.parameters, *playing}) for route in standin.ROUTES
    )
    standin.NOT_PLAYED = tuple(name for name in NOT_PLAYED if name not in playing)  # type: ignore[assignment]
    standin.ONLY_PLAYED_AS.pop("markupFormat", None)
    standin.asked_paths = lambda fields: []


def _obey(registry: StandIn, words: list[str]) -> str:
    if words[0] == "requests":
        count = len(registry.requests)
        registry.requests.clear()
        return str(count)
    registry.next_load()
    ids = registry.matching(None)
    changed = (
        list(itertools.islice(ids, 0, None, round(1 / float(words[1])))) if float(words[1]) else []
    )
    for nct_id in changed:
        _change(registry, nct_id)
    for nct_id in ids:
        registry.line(nct_id)  # laid out before the clock runs
    return str(len(changed))


def _change(registry: StandIn, nct_id: str) -> None:
    registry.change(nct_id, lambda study: update(registry.day, study))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
