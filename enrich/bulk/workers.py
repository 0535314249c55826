"""Where batches are worked on: in processes of this machine, here and now, or on the machines of a Dask scheduler."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from enrich.errors import EnrichError, MissingExtra

_Answer = TypeVar("_Answer")


ANSWER_SECONDS = 10.0
LOOK_SECONDS = 5.0
# A worker that was lost may come back, or another in its place.
ALONE_SECONDS = 60.0
_KEPT = "; what was taken in is kept, the next run goes on from there"
# What is lost is said in one line by us; these would print a traceback for every batch that was under way.
_LOUD = ("distributed", "distributed.client", "tornado.application", "asyncio")


class EngineError(EnrichError):
    """The processes or machines that work on batches are gone; what was taken in is kept."""


class Here(Executor):
    """Does the work where it is asked for: for small archives, and to compare the others with."""

    def submit(
        self, function: Callable[..., _Answer], /, *arguments: Any, **named: Any
    ) -> Future[_Answer]:
        future: Future[_Answer] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class Holding(Executor):
    """Gives *held* to each call as its first argument: what is too large to be sent along with every batch."""

    def __init__(self, executor: Executor, held: Any) -> None:
        self._executor = executor
        self._held = held

    def submit(
        self, function: Callable[..., _Answer], /, *arguments: Any, **named: Any
    ) -> Future[_Answer]:
        return self._executor.submit(function, self._held, *arguments, **named)


class _Sent:
    """Stands for what a process was given when it began: sent there, it turns into that."""

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        return _given, ()


_GIVEN: list[Any] = []


def _begin(held: Any) -> None:
    """What a process does before its first batch."""
    _GIVEN[:] = [held]
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Ends this process when the one that began it was killed: nobody else would, and it would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _given() -> Any:
    return _GIVEN[0]


@contextmanager
def engine(
    workers: int | None = None, scheduler: str | None = None, *, held: Any = None
) -> Iterator[tuple[Executor, int]]:
    """An executor and the number of batches it works on at a time: of the Dask *scheduler* where one is named, else of *workers* processes.

    What is *held* is sent to each process or machine once, and is the first argument of every call.
    """
    if scheduler:
        with _cluster(scheduler, held) as cluster:
            yield cluster
        return
    number = workers or os.cpu_count() or 1
    if number == 1:
        yield _holding(Here(), held, held), 1
        return
    # A fresh process each: one forked from a program with threads and open files may hang.
    with ProcessPoolExecutor(
        number, mp_context=get_context("spawn"), initializer=_begin, initargs=(held,)
    ) as pool:
        yield _holding(pool, held, _Sent()), number


def _holding(executor: Executor, held: Any, sent: Any) -> Executor:
    return executor if held is None else Holding(executor, sent)


class _OnCluster(Executor):
    """The machines of a Dask scheduler. What is held goes to every one of them, so that it outlives any."""

    def __init__(self, client: Any, held: Any) -> None:
        self._client = client
        self._executor = client.get_executor()
        self._held = () if held is None else (client.scatter(held, broadcast=True),)
        self._alone_since: float | None = None

    def submit(
        self, function: Callable[..., _Answer], /, *arguments: Any, **named: Any
    ) -> Future[_Answer]:
        future: Future[_Answer] = self._executor.submit(function, *self._held, *arguments, **named)
        return future

    def must_be_there(self) -> None:
        """CancelledError where the scheduler is gone, or has had no workers for a while: Dask leaves answers open for ever then."""
        if self._client.status in ("closing", "closed"):
            raise CancelledError
        now = time.monotonic()
        self._alone_since = None if self._client.nthreads() else self._alone_since or now
        if self._alone_since and now - self._alone_since > ALONE_SECONDS:
            raise CancelledError


@contextmanager
def _cluster(scheduler: str, held: Any) -> Iterator[tuple[Executor, int]]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise MissingExtra("--scheduler", "cluster") from error
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(scheduler, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise EngineError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    lost = (CancelledError, distributed.KilledWorker, distributed.comm.CommClosedError)
    with client:
        try:
            yield _OnCluster(client, held), max(1, sum(client.nthreads().values()))
        except lost as error:
            raise EngineError(
                f"the Dask scheduler at {scheduler} or its workers are gone{_KEPT}"
            ) from error


def in_turn(
    executor: Executor,
    width: int,
    function: Callable[..., _Answer],
    calls: Iterable[tuple[Any, ...]],
) -> Iterator[tuple[tuple[Any, ...], _Answer]]:
    """Each call with its answer, in the order of *calls*, of which no more are begun than keep all workers busy: memory does not grow."""
    begun: deque[tuple[tuple[Any, ...], Future[_Answer]]] = deque()
    for call in calls:
        begun.append((call, executor.submit(function, *call)))
        if len(begun) > 2 * width:
            yield _answered(begun, executor)
    while begun:
        yield _answered(begun, executor)


def _answered(
    begun: deque[tuple[tuple[Any, ...], Future[_Answer]]], executor: Executor
) -> tuple[tuple[Any, ...], _Answer]:
    call, future = begun.popleft()
    try:
        while not wait((future,), timeout=LOOK_SECONDS).done:
            if isinstance(executor, _OnCluster):
                executor.must_be_there()
        return call, future.result()
    except BrokenExecutor as error:
        raise EngineError(f"a worker process ended in the middle of its work{_KEPT}") from error
