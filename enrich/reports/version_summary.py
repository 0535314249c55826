"""How a comparison with all versions of an archive ended, in a few lines."""

from collections.abc import Iterator, Sequence

from enrich.models import VersionSyncResult
from enrich.text import plural, sanitize

_SHOWN = 3


def summarize_versions(walked: VersionSyncResult) -> str:
    """`12 records in 48 versions.`, then what each table comes to, what could not be read,
    and who is missing.
    """
    return (
        "\n".join(
            (
                f"{plural(walked.records, 'record')} in {plural(walked.versions, 'version')}.",
                *_tables(walked),
                *_faults(walked),
            )
        )
        + "\n"
    )


def _tables(walked: VersionSyncResult) -> Iterator[str]:
    for name, counts in walked.verdicts.items():
        yield (
            f"{name}: {plural(sum(counts.values()), 'comparison')} = "
            f"{' + '.join(f'{number} {verdict}' for verdict, number in counts.items())}"
        )
        cells = walked.cells[name]
        summary = (
            f"{plural(cells['statements'], 'statement')}: {cells['never']} differed when the "
            f"authors looked, the registry moved away from {cells['moved']}"
        )
        yield f"{name}: {summary}" + (f" ({cells['again']} agree again)" if cells["again"] else "")


def _faults(walked: VersionSyncResult) -> Iterator[str]:
    if walked.unusable:
        yield (
            f"{plural(walked.unusable, 'version')} not checked: "
            f"{_few(walked.problems, walked.unusable, '; ')}"
        )
    if walked.absent:
        yield (
            f"{plural(len(walked.absent), 'listed trial')} not checked, not in the archive: "
            f"{_few(walked.absent, len(walked.absent), ', ')}"
        )


def _few(named: Sequence[str], number: int, between: str) -> str:
    more = number - min(len(named), _SHOWN)
    return between.join(sanitize(name, 200) for name in named[:_SHOWN]) + (
        f" and {more} more" if more else ""
    )
