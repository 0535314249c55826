"""Where batches are processed: in processes of this machine, in this one, or on a Dask cluster."""

import asyncio
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
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from enrich.errors import EnrichError, MissingExtra
from enrich.runtime import safe_path
from enrich.text import sanitize

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Workers:
    """Where to process batches: on the machines of a Dask *scheduler*, else in *processes* of this
    one.

    Without a number there is one process for each processor. The times are in seconds: how long to
    wait for the scheduler, how often to check that it is still there, and how long it may be
    without workers (a lost one may come back).
    """

    processes: int | None = None
    scheduler: str | None = None
    connect_timeout: float = 10.0
    check_interval: float = 5.0
    longest_without_workers: float = 60.0


DEFAULT_WORKERS = Workers()


class WorkersLost(EnrichError):
    """The processes or machines that process batches are gone; what was stored is kept."""


_KEPT = "; what was stored is kept, the next run continues from there"


class WorkerPool:
    """An executor that processes *width* batches at a time.

    *check* raises CancelledError where its workers are gone: it is called every *check_interval*
    seconds while a result is waited for.
    """

    def __init__(
        self,
        executor: Executor,
        width: int,
        check: Callable[[], None] = lambda: None,
        check_interval: float | None = None,
    ) -> None:
        self._executor = executor
        self.width = width
        self._check = check
        self._check_interval = check_interval

    def map_ordered(
        self, function: Callable[..., _Result], calls: Iterable[tuple[Any, ...]]
    ) -> Iterator[tuple[tuple[Any, ...], _Result]]:
        """Each call (the arguments of *function*) with its result, in the order of *calls*.

        Only as many calls are started as keep all workers busy, so memory does not grow with their
        number. Raises WorkersLost.
        """
        started: deque[tuple[tuple[Any, ...], Future[_Result]]] = deque()
        for call in calls:
            started.append((call, self._executor.submit(function, *call)))
            if len(started) > 2 * self.width:
                yield self._first_result(started)
        while started:
            yield self._first_result(started)

    def _first_result(
        self, started: deque[tuple[tuple[Any, ...], Future[_Result]]]
    ) -> tuple[tuple[Any, ...], _Result]:
        call, future = started.popleft()
        try:
            while not wait((future,), timeout=self._check_interval).done:
                self._check()
            return call, future.result()
        except BrokenExecutor as error:
            raise WorkersLost(f"a worker process ended while it worked{_KEPT}") from error


@contextmanager
def worker_pool(workers: Workers, *, shared: Any = None) -> Iterator[WorkerPool]:
    """The pool that *workers* describe.

    What is *shared* is sent to each process or machine once, and is the first argument of every
    call.
    """
    if workers.scheduler:
        with _cluster(workers, shared) as pool:
            yield pool
        return
    number = workers.processes or os.cpu_count() or 1
    if number == 1:
        yield WorkerPool(_sharing(InlineExecutor(), shared, shared), 1)
        return
    # A fresh process each: one forked from a program with threads and open files may hang.
    with (
        safe_path(),
        ProcessPoolExecutor(
            number,
            mp_context=get_context("spawn"),
            initializer=_start_worker,
            initargs=(shared,),
        ) as executor,
    ):
        yield WorkerPool(_sharing(executor, shared, _SharedArgument()), number)


class InlineExecutor(Executor):
    """Does the work at once, in this process:
    for small archives, and to compare the others with.
    """

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, **named: Any
    ) -> Future[_Result]:
        future: Future[_Result] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


# --- what all calls share


class ExecutorWithSharedArgument(Executor):
    """Gives *shared* to each call as its first argument: it is too large to be sent with every
    batch.
    """

    def __init__(self, executor: Executor, shared: Any) -> None:
        self._executor = executor
        self._shared = shared

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, **named: Any
    ) -> Future[_Result]:
        return self._executor.submit(function, self._shared, *arguments, **named)


class _SharedArgument:
    """A small placeholder: unpickled in a worker process,
    it is what that process was started with.
    """

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        return _shared_argument, ()


# What this process was started with, where it is a worker.
_worker_shared: list[Any] = []


def _start_worker(shared: Any) -> None:
    """What a worker process does before its first batch."""
    _worker_shared[:] = [shared]
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Ends this process when its parent is killed: otherwise it would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _shared_argument() -> Any:
    return _worker_shared[0]


def _sharing(executor: Executor, shared: Any, placeholder: Any) -> Executor:
    return executor if shared is None else ExecutorWithSharedArgument(executor, placeholder)


# --- a cluster

# These log a traceback for every batch that was under way when a cluster was lost; we report one
# line.
_LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio")


class _ClusterExecutor(Executor):
    """The machines of a Dask scheduler.

    What is shared goes to every one, so that it outlives any.
    """

    def __init__(self, client: Any, shared: Any, longest_without_workers: float) -> None:
        self._client = client
        self._executor = client.get_executor()
        self._shared = () if shared is None else (client.scatter(shared, broadcast=True),)
        self._longest_without_workers = longest_without_workers
        self._without_workers_since: float | None = None

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, **named: Any
    ) -> Future[_Result]:
        future: Future[_Result] = self._executor.submit(
            function, *self._shared, *arguments, **named
        )
        return future

    def check(self) -> None:
        """CancelledError where the scheduler is gone or has had no workers for too long.

        Dask itself leaves results open for ever then.
        """
        if self._client.status in ("closing", "closed"):
            raise CancelledError
        now = time.monotonic()
        since = None if self._client.nthreads() else self._without_workers_since or now
        self._without_workers_since = since
        if since and now - since > self._longest_without_workers:
            raise CancelledError


@contextmanager
def _cluster(workers: Workers, shared: Any) -> Iterator[WorkerPool]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise MissingExtra("--scheduler", "cluster") from error
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    address = str(workers.scheduler)
    _check_scheduler(distributed, address, workers.connect_timeout)
    try:
        client = distributed.Client(address, timeout=workers.connect_timeout)
    except (OSError, ValueError, TypeError) as error:  # TypeError: TLS without a certificate
        raise WorkersLost(f"no Dask scheduler answers at {address}: {error}") from error
    lost = (CancelledError, distributed.KilledWorker, distributed.comm.CommClosedError)
    with client:
        try:
            executor = _ClusterExecutor(client, shared, workers.longest_without_workers)
            width = max(1, sum(client.nthreads().values()))
            yield WorkerPool(executor, width, executor.check, workers.check_interval)
        except lost as error:
            raise WorkersLost(
                f"the Dask scheduler at {address} or its workers are gone{_KEPT}"
            ) from error


def _check_scheduler(distributed: Any, address: str, seconds: float) -> None:
    """Raises WorkersLost where nothing at *address* answers as a scheduler within so many seconds.

    A client of Dask waits for ever for a port that takes connections and says nothing.
    """

    async def ask() -> None:
        options = distributed.Security().get_connection_args("client")
        async with distributed.core.rpc(address, connection_args=options) as scheduler:
            await scheduler.identity()

    try:
        asyncio.run(asyncio.wait_for(ask(), seconds))
    except TimeoutError as error:
        raise WorkersLost(
            f"no Dask scheduler answers at {address} within {seconds:.0f} s"
        ) from error
    except Exception as error:  # whatever the library makes of what something else answers
        reason = sanitize(str(error), 200) or type(error).__name__
        raise WorkersLost(f"no Dask scheduler answers at {address}: {reason}") from error
