"""What was recognised: a guess for each column and field, with its evidence."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How much speaks for a guess.

    SURE and LIKELY are good enough to be used; DOUBT is to be shown to a person and not used.
    """

    SURE = "sure"
    LIKELY = "likely"
    DOUBT = "doubt"


@dataclass(frozen=True)
class ColumnGuess:
    """That the column *column* says the field *field*, and why.

    *field* is a name that `says` takes. Of *compared* cells *agree* agree with the record of their
    own row; *by_chance* is the share of them that agrees with records of other rows, None where
    there is no other record. *reason* is a sentence for a person. *options* are further keys of the
    column's section in a description, such as `date_order`.
    """

    column: str
    field: str
    confidence: Confidence
    agree: int = 0
    compared: int = 0
    by_chance: float | None = None
    reason: str = ""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether the guess is good enough to be used without a person."""
        return self.confidence is not Confidence.DOUBT

    @property
    def evidence(self) -> str:
        """The evidence as a comment: `7 of 8 cells agree with the record; by chance 11 %`.

        >>> ColumnGuess("N", "enrollment", Confidence.SURE, 7, 8, 0.11).evidence
        '7 of 8 cells agree with the record; by chance 11 %'
        """
        if not self.compared:
            return self.reason
        agreement = f"{self.agree} of {self.compared} cells agree with the record"
        if self.by_chance is None:
            return agreement
        return f"{agreement}; by chance {self.by_chance:.0%}".replace("%", " %")


@dataclass(frozen=True)
class Inference:
    """The guesses in the order of the columns, the best of a column first, and warnings.

    A column without a guess has no counterpart in the registry, as far as can be seen.
    """

    guesses: tuple[ColumnGuess, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def says(self) -> Mapping[str, tuple[str, ...]]:
        """The fields that each column says, by the guesses that are good enough to be used."""
        found: dict[str, tuple[str, ...]] = {}
        for guess in self.guesses:
            if guess.is_active:
                found[guess.column] = (*found.get(guess.column, ()), guess.field)
        return found

    def of(self, column: str) -> tuple[ColumnGuess, ...]:
        """The guesses about *column*, also those in doubt."""
        return tuple(guess for guess in self.guesses if guess.column == column)

    def options(self, column: str) -> Mapping[str, str]:
        """Further keys for the section of *column* in a description."""
        return {
            key: value
            for guess in self.of(column)
            if guess.is_active
            for key, value in guess.options.items()
        }
