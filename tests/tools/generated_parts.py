"""Parts of a Markdown file that a program writes: what stands between `<!-- name -->` and `<!-- /name -->`."""


def filled(page: str, name: str, content: str) -> str:
    """*page* with *content* between the marks of this name; ValueError where it has none."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, first, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not (first and last):
        raise ValueError(f"no place for {name}: {begin.strip()} … {end}")
    return f"{before}{first}{content.rstrip()}\n{last}{after}"
