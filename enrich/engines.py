"""Where batches are worked on: in processes of this machine, here and now, or on the machines of a Dask scheduler."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from typing import Any, TypeVar

from enrich.errors import EnrichError, MissingExtra

_Answer = TypeVar("_Answer")


ANSWER_SECONDS = 10.0


class EngineError(EnrichError):
    """The processes or machines that work on batches are gone; what was taken in is kept."""


class Here(Executor):
    """Does the work where it is asked for: for small archives, and to compare the others with."""

    def submit(self, function: Callable[..., _Answer], /, *arguments: Any, **named: Any) -> Future[_Answer]:
        future: Future[_Answer] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def engine(workers: int | None = None, scheduler: str | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor and the number of batches it works on at a time: of the Dask *scheduler* where one is named, else of *workers* processes."""
    if scheduler:
        with _cluster(scheduler) as cluster:
            yield cluster
        return
    number = workers or os.cpu_count() or 1
    if number == 1:
        yield Here(), 1
        return
    # A fresh process each: one forked from a program with threads and open files may hang.
    with ProcessPoolExecutor(number, mp_context=get_context("spawn")) as pool:
        yield pool, number


@contextmanager
def _cluster(scheduler: str) -> Iterator[tuple[Executor, int]]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise MissingExtra("--scheduler", "cluster") from error
    try:
        client = distributed.Client(scheduler, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise EngineError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client.get_executor(), max(1, sum(client.nthreads().values()))


def in_turn(executor: Executor, width: int, function: Callable[..., _Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], _Answer]]:
    """Each call with its answer, in the order of *calls*, of which no more are begun than keep all workers busy: memory does not grow."""
    begun: deque[tuple[tuple[Any, ...], Future[_Answer]]] = deque()
    for call in calls:
        begun.append((call, executor.submit(function, *call)))
        if len(begun) > 2 * width:
            yield _answered(begun)
    while begun:
        yield _answered(begun)


def _answered(begun: deque[tuple[tuple[Any, ...], Future[_Answer]]]) -> tuple[tuple[Any, ...], _Answer]:
    call, future = begun.popleft()
    try:
        return call, future.result()
    except BrokenExecutor as error:
        raise EngineError("a worker process ended in the middle of its work; what was taken in is kept, the next run goes on from there") from error
