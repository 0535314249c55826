"""Parts of a Markdown page that a program writes: between `<!-- name -->` and `<!-- /name -->`."""


def filled(page: str, name: str, content: str) -> str:
    """*page* with *content* in its part *name*. Raises ValueError if the page has no such part."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, first, remainder = page.partition(begin)
    _, last, after = remainder.partition(end)
    if not (first and last):
        raise ValueError(f"no part {name}: {begin.strip()} … {end}")
    return f"{before}{first}{content.rstrip()}\n{last}{after}"
