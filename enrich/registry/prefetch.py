"""Prefetches the next request while the current page is processed. Never two requests at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Prefetcher(Generic[_Request, _Response]):
    """Sends requests by *send*, one at a time; *count* is called before each, in the caller's
    thread.
    """

    def __init__(self, send: Callable[[_Request], _Response], count: Callable[[], None]) -> None:
        self._send = send
        self._count = count
        self._started: tuple[_Request, Future[_Response]] | None = None

    def start(self, request: _Request) -> None:
        """Sends *request* in the background, unless another is on its way or waits to be taken.

        The thread is a daemon: a program that ends does not wait for an answer that nobody wants.
        """
        if self._started:
            return
        self._count()
        future: Future[_Response] = Future()
        self._started = (request, future)
        threading.Thread(target=self._fulfil, args=self._started, daemon=True).start()

    def _fulfil(self, request: _Request, future: Future[_Response]) -> None:
        try:
            future.set_result(self._send(request))
        except BaseException as error:  # raised again by `get`
            future.set_exception(error)

    def get(self, request: _Request) -> _Response:
        """The response to *request*: the one that was started, or to a request sent now.

        What sending raises is raised here. Another request that was started is waited for, and
        kept.
        """
        if self._started:
            started, future = self._started
            wait([future])
            if started == request:
                self._started = None
                return future.result()
        self._count()
        return self._send(request)

    def discard(self) -> None:
        """Drops what was started, once it has ended."""
        if self._started:
            wait([self._started[1]])
        self._started = None
