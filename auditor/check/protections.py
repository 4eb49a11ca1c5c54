"""What an input says of the protection of a resource apart from AWS Backup (docs/what-protects-what.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.model.documents import UnreadableDocument, whole

AUTOMATED: Final = "automated_backups"
PITR: Final = "point_in_time_recovery"
#: Days for which DynamoDB keeps what point-in-time recovery makes, where nothing says it (aws-backup.md 6.3).
PITR_DAYS: Final = 35


@dataclass(frozen=True, slots=True)
class OwnProtection:
    """One kind of it, in the word of a tier, and what of the input says so.

    `days` are those for which it keeps, None where they are not known. `fault` says in a clause why it is not
    known whether it is on; "" where it is.
    """

    kind: str
    source: str
    enabled: bool = False
    days: int | None = None
    fault: str = ""

    @property
    def row(self) -> Mapping[str, Any]:
        """The columns of `native_protection` that it fills."""
        return {
            "kind": self.kind,
            "enabled": self.enabled,
            "retention_days": self.days,
            "source": self.source,
        }


def automated(source: str, given: object) -> OwnProtection:
    """Backups that a service makes by itself and keeps for days, 0 for none (aws-backup.md 6.1)."""
    try:
        days = whole(given, source)
    except UnreadableDocument as error:
        return OwnProtection(AUTOMATED, source, fault=str(error))
    if days is None or days < 0:
        return OwnProtection(AUTOMATED, source, fault=f"{source} is no number of days")
    return OwnProtection(AUTOMATED, source, enabled=days > 0, days=days)


def unknown(kind: str, source: str, what: str) -> OwnProtection:
    """A kind of protection of which `what` hides whether it is on."""
    return OwnProtection(kind, source, fault=f"{source} is not known ({what})")
