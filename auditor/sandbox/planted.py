"""What no API call can cause, as `organization.yaml` declares it below `faults`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from auditor.sandbox.durations import duration


@dataclass(frozen=True, slots=True)
class Throttled:
    """Every call of `role` to `service` in one account and Region is throttled."""

    account: str
    place: str
    service: str
    role: str


@dataclass(frozen=True, slots=True)
class IncompleteBackup:
    """Backups of a resource made in [begin, end) after the start complete with issues."""

    account: str
    place: str
    resource: str
    begin: timedelta
    end: timedelta
    category: str
    message: str


@dataclass(frozen=True, slots=True)
class LostCopy:
    """Copies of one resource's backups fail."""

    account: str
    place: str
    resource: str
    message: str


@dataclass(frozen=True, slots=True)
class Infected:
    """A resource has malware from `begin` after the start on, and so have the backups made of it."""

    account: str
    place: str
    resource: str
    begin: timedelta


@dataclass(frozen=True, slots=True)
class Faults:
    """All of it."""

    throttled: tuple[Throttled, ...] = ()
    incomplete_backups: tuple[IncompleteBackup, ...] = ()
    lost_copies: tuple[LostCopy, ...] = ()
    infected: tuple[Infected, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a document that the schema admits."""
        return cls(
            tuple(
                Throttled(row["account"], row["region"], row["service"], row["role"])
                for row in document.get("throttled", ())
            ),
            tuple(map(_incomplete, document.get("incomplete_backups", ()))),
            tuple(
                LostCopy(row["account"], row["region"], row["resource"], row["message"])
                for row in document.get("lost_copies", ())
            ),
            tuple(
                Infected(row["account"], row["region"], row["resource"], duration(row["from"]))
                for row in document.get("infected", ())
            ),
        )


def _incomplete(row: Mapping[str, Any]) -> IncompleteBackup:
    return IncompleteBackup(
        row["account"],
        row["region"],
        row["resource"],
        duration(row["from"]),
        duration(row["until"]),
        row["category"],
        row["message"],
    )
