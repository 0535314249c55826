"""Bounds of the site: what a query may build, which names of a host are answered, and for how long.

The file needs only Datasette, so that it can be deployed with the database. `enrich browse` names
the hosts, and holds the standard input open for as long as it runs; a deployed site has neither.
"""

import os
import sqlite3
import sys
import threading

from datasette import hookimpl

_LONGEST_VALUE = 20_000_000  # bytes; the largest record has less than 4 MB
_LONGEST_PATTERN = 200
_HOSTS = "ENRICH_SITE_HOSTS"


@hookimpl
def prepare_connection(conn):
    """Bounds what one step of a query builds: SQLite looks at the time only between two steps."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    conn.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)


@hookimpl
def asgi_wrapper(datasette):
    """Refuses requests for another host: the page of a stranger whose name leads to this computer
    would read the site through the visitor's browser.
    """
    hosts = frozenset(filter(None, os.environ.get(_HOSTS, "").split(",")))

    def wrap(app):
        async def answer(scope, receive, send):
            if scope["type"] != "http" or not hosts or _host(scope) in hosts:
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            body = b"This site answers only under the address that enrich browse printed."
            await send({"type": "http.response.body", "body": body})

        return answer

    return wrap


def _host(scope):
    named = [value for name, value in scope["headers"] if name.lower() == b"host"]
    return named[0].decode("latin-1").lower() if len(named) == 1 else None


@hookimpl
def startup(datasette):
    """Ends with the program that started the site, however that ends."""
    if os.environ.get(_HOSTS):
        threading.Thread(target=_exit_with_input, daemon=True).start()


def _exit_with_input():
    while sys.stdin.buffer.read(1024):
        pass
    os._exit(0)
