"""Whether a key of KMS can be used, from the state that KMS tells (aws-backup.md 4.16)."""

from collections.abc import Mapping
from typing import Final

#: The words of a key's facts, by KMS's `KeyState`. What is being made or changed is neither.
_STATES: Final[Mapping[str, str]] = {
    "Enabled": "enabled",
    "Disabled": "disabled",
    "PendingDeletion": "deleted",
    "PendingReplicaDeletion": "deleted",
    "PendingImport": "unusable",
    "Unavailable": "unusable",
}
#: Of a key that KMS does not know (any more).
GONE: Final = "gone"


def key_state(told: str | None) -> str | None:
    """A key's state in the words of its facts; None where what KMS told does not say it."""
    return _STATES.get(told or "")
