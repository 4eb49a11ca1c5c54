"""What a run tells, after a change, of what the inputs alone leave open about what backups rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.check.keys import KeyUse
from auditor.model.plans import Selection


@dataclass(frozen=True, slots=True)
class PlansAfter:
    """The plans of an account and Region after a change, but for those of the organization.

    `more` says that they are more than before. `selections` are those of each plan, by its ARN.
    """

    count: int
    more: bool
    selections: Mapping[str, Sequence[Selection]]


@dataclass(frozen=True, slots=True)
class ToldByRun:
    """It is nothing where there is no run, or where the run tells nothing for certain.

    `buckets` has the names of the plans that protect each bucket, by its ARN; one of which that is not known
    is not there. `roles` has the resource types that selections surely back up with each role, by its ARN.
    `key_uses` are the keys of vaults that no input declares. `plans` has what there is of plans by account
    and Region, and `aliases` the ARN that a plan has there, by the one that it has in the inputs.
    """

    buckets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    key_uses: Sequence[KeyUse] = ()
    plans: Mapping[tuple[str, str], PlansAfter] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


NOTHING_TOLD: Final = ToldByRun()
