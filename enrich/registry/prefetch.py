"""A request sent before its answer is needed, so that the answer comes in while the one before is worked on. Never two at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")


class Ahead(Generic[_Request, _Answer]):
    """Sends requests by *send*, one at a time; *counted* is called before each, in the caller's thread."""

    def __init__(self, send: Callable[[_Request], _Answer], counted: Callable[[], None]) -> None:
        self._send = send
        self._counted = counted
        self._begun: tuple[_Request, Future[_Answer]] | None = None

    def begin(self, request: _Request) -> None:
        """Sends *request* in the background, unless another is on its way or waits to be asked for.

        The thread holds nothing up: a program that ends, or is stopped, does not wait for an answer that nobody wants any more.
        """
        if self._begun:
            return
        self._counted()
        future: Future[_Answer] = Future()
        self._begun = (request, future)
        threading.Thread(target=self._fulfil, args=self._begun, daemon=True).start()

    def _fulfil(self, request: _Request, future: Future[_Answer]) -> None:
        try:
            future.set_result(self._send(request))
        except BaseException as error:  # raised again where the answer is asked for
            future.set_exception(error)

    def answer(self, request: _Request) -> _Answer:
        """The answer to *request*: the one that was begun, or to a request sent now; what that raises is raised here."""
        if self._begun:
            begun, future = self._begun
            wait([future])
            if begun == request:
                self._begun = None
                return future.result()
        self._counted()
        return self._send(request)

    def forget(self) -> None:
        """Drops what was begun, once it has ended."""
        if self._begun:
            wait([self._begun[1]])
        self._begun = None
