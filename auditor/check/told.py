"""What a run tells, after a change, of what the inputs alone leave open about what backups rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.check.keys import KeyUse


@dataclass(frozen=True, slots=True)
class ToldByRun:
    """It is nothing where there is no run, or where the run tells nothing for certain.

    `buckets` has the names of the plans that protect each bucket, by its ARN; one of which that is not known
    is not there. `roles` has the resource types that selections surely back up with each role, by its ARN.
    `key_uses` are the keys of vaults that no input declares.
    """

    buckets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    key_uses: Sequence[KeyUse] = ()


NOTHING_TOLD: Final = ToldByRun()
