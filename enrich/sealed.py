"""A study that stays as it was given until somebody looks inside: parsed, it is four times as large."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any


class Sealed(Mapping[str, Any]):
    """A record by its bytes; who looks inside opens it, once."""

    @abstractmethod
    def _open(self) -> dict[str, Any]: ...

    @cached_property
    def _study(self) -> dict[str, Any]:
        return self._open()

    def __getitem__(self, key: str) -> Any:
        return self._study[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._study)

    def __len__(self) -> int:
        return len(self._study)
