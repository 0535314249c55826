"""How long an answer of the registry may take as a whole, its headers included, however steadily it trickles."""

import http.client
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from enrich.errors import Unreachable


class TookTooLong(Unreachable):
    """The answer was given up before its end."""


class TimelyAdapter(requests.adapters.HTTPAdapter):
    """Gives an answer up, its headers included, that takes *whole* times as long as it may be silent.

    The timeouts of requests and urllib3 are all for one read of the socket: what trickles never meets them.
    """

    def __init__(self, whole: float, clock: Callable[[], float]) -> None:
        self._answer = staticmethod(partial(_TimelyAnswer, whole=whole, clock=clock))
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if "response_class" not in vars(pool.ConnectionCls):
            pool.ConnectionCls = type(
                pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": self._answer}
            )
        return pool


class _TimelyAnswer(http.client.HTTPResponse):
    """An answer that reads from its socket until a deadline; the silence it bears is the timeout of the socket."""

    def __init__(
        self, sock: Any, *args: Any, whole: float, clock: Callable[[], float], **options: Any
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Timely(self.fp.detach(), sock, whole, clock))


class _Timely(io.RawIOBase):
    """What comes in from *sock*, read by *raw*, until its time is over."""

    def __init__(
        self, raw: io.RawIOBase, sock: Any, whole: float, clock: Callable[[], float]
    ) -> None:
        self._raw, self._sock, self._clock = raw, sock, clock
        self._silence = sock.gettimeout()
        self._seconds = self._silence * whole
        self._until = clock() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._clock()
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
