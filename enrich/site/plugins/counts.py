"""The numbers of rows of views, which the site knows: Datasette would count them for every page.

What a search finds in a large view is not counted: each of its rows is put together of several
tables, so that counting takes longer than the page.

The file needs only Datasette, so that it can be deployed with the database.
"""

from datasette import hookimpl

_COUNTED = 10_000


@hookimpl
def startup(datasette):
    """Hands the counts to Datasette where it looks for those of tables.

    First it reads the list of tables from there, so that no view is listed among them.
    """
    known = (datasette.inspect_data or {}).get("trials")
    if known and datasette.get_database("trials").cached_table_counts:
        known["tables"].update(known.get("views", {}))


@hookimpl
def asgi_wrapper(datasette):
    """Asks Datasette not to count what a search finds in a large view."""
    known = (datasette.inspect_data or {}).get("trials", {})
    large = {name for name, kept in known.get("views", {}).items() if kept["count"] > _COUNTED}

    def wrap(app):
        async def without_count(scope, receive, send):
            if (
                scope["type"] == "http"
                and scope["path"].rsplit("/", 1)[-1] in large
                and b"_search=" in scope["query_string"]
            ):
                scope = {**scope, "query_string": scope["query_string"] + b"&_nocount=1"}
            await app(scope, receive, send)

        return without_count

    return wrap
