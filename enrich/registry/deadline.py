"""Bounds how long an answer may take as a whole, headers included, however steadily it trickles."""

import http.client
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from enrich.errors import Unreachable


class TookTooLong(Unreachable):
    """The answer was given up before its end."""


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """Enforces a total deadline (*factor* times the read timeout), headers included.

    The timeouts of requests and urllib3 are all for one read of the socket: what trickles never
    meets them.
    """

    def __init__(self, factor: float, monotonic: Callable[[], float]) -> None:
        self._response = staticmethod(
            partial(_ResponseWithDeadline, factor=factor, monotonic=monotonic)
        )
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The pool of connections, whose responses have a deadline."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if "response_class" not in vars(pool.ConnectionCls):
            pool.ConnectionCls = type(
                pool.ConnectionCls.__name__,
                (pool.ConnectionCls,),
                {"response_class": self._response},
            )
        return pool


class _ResponseWithDeadline(http.client.HTTPResponse):
    """A response that reads from its socket until a deadline; the timeout of the socket bounds each
    silence.
    """

    def __init__(
        self,
        sock: Any,
        *args: Any,
        factor: float,
        monotonic: Callable[[], float],
        **options: Any,
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_ReaderWithDeadline(self.fp.detach(), sock, factor, monotonic))


class _ReaderWithDeadline(io.RawIOBase):
    """What comes in from *sock*, read by *raw*, until its time is over."""

    def __init__(
        self, raw: io.RawIOBase, sock: Any, factor: float, monotonic: Callable[[], float]
    ) -> None:
        self._raw, self._sock, self._monotonic = raw, sock, monotonic
        self._silence = sock.gettimeout()
        self._seconds = self._silence * factor
        self._until = monotonic() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._monotonic()
        if left > 0:
            self._sock.settimeout(min(self._silence, left))
            try:
                return self._raw.readinto(buffer)
            except TimeoutError:
                if left > self._silence:
                    raise
        raise TookTooLong(f"an answer took longer than {self._seconds:.3g} s")

    def close(self) -> None:
        self._raw.close()
        super().close()
