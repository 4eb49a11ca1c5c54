"""What of backups can be destroyed, by which actions, and of what of it a statement is (aws-backup.md 3.8).

Source: service authorization reference, "Actions, resources, and condition keys for …" of AWS Backup, Amazon
EC2, AWS KMS and AWS Organizations; the resource type of each action is the one that it requires.
"""

from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from auditor.derive.iam_conditions import NOBODY, pattern
from auditor.derive.iam_policy import Statement
from auditor.derive.three_valued import any_holds


class ThingKind(Enum):
    """What an action is about; of `OTHER` all that is known is that a statement about everything is too."""

    POINT = auto()
    VAULT = auto()
    HOLD = auto()
    SETTINGS = auto()
    KEY = auto()
    SNAPSHOT = auto()
    IMAGE = auto()
    POLICY = auto()
    OTHER = auto()


#: What takes a backup, its lock, its retention, its hold or its key away, or ends backups.
DESTROYING: Final = {
    "backup:DeleteRecoveryPoint": ThingKind.POINT,
    "backup:DeleteBackupVault": ThingKind.VAULT,
    "backup:DeleteBackupVaultLockConfiguration": ThingKind.VAULT,
    "backup:PutBackupVaultLockConfiguration": ThingKind.VAULT,
    "backup:PutBackupVaultAccessPolicy": ThingKind.VAULT,
    "backup:DeleteBackupVaultAccessPolicy": ThingKind.VAULT,
    "backup:UpdateRecoveryPointLifecycle": ThingKind.POINT,
    "backup:DisassociateRecoveryPoint": ThingKind.POINT,
    "backup:DisassociateRecoveryPointFromParent": ThingKind.POINT,
    "backup:CancelLegalHold": ThingKind.HOLD,
    "backup:UpdateRegionSettings": ThingKind.SETTINGS,
    "kms:ScheduleKeyDeletion": ThingKind.KEY,
    "kms:DisableKey": ThingKind.KEY,
    "kms:PutKeyPolicy": ThingKind.KEY,
    "kms:DeleteImportedKeyMaterial": ThingKind.KEY,
    "ec2:DeleteSnapshot": ThingKind.SNAPSHOT,
    "ec2:DeregisterImage": ThingKind.IMAGE,
    "ec2:DisableImage": ThingKind.IMAGE,
}
#: What does so from the management account alone, for all members: to policies and the settings of copies.
DESTROYING_FROM_MANAGEMENT: Final = {
    "backup:UpdateGlobalSettings": ThingKind.SETTINGS,
    "organizations:DetachPolicy": ThingKind.POLICY,
    "organizations:DeletePolicy": ThingKind.POLICY,
    "organizations:UpdatePolicy": ThingKind.POLICY,
    "organizations:DisablePolicyType": ThingKind.SETTINGS,
}
#: ARNs of any one of a kind, of an account in a Region and a partition.
_ANY: Final = {
    ThingKind.POINT: "arn:{0}:backup:{1}:{2}:recovery-point:" + NOBODY,
    ThingKind.VAULT: "arn:{0}:backup:{1}:{2}:backup-vault:" + NOBODY,
    ThingKind.HOLD: "arn:{0}:backup:{1}:{2}:legal-hold:" + NOBODY,
    ThingKind.KEY: "arn:{0}:kms:{1}:{2}:key/" + NOBODY,
    ThingKind.SNAPSHOT: "arn:{0}:ec2:{1}::snapshot/" + NOBODY,
    ThingKind.IMAGE: "arn:{0}:ec2:{1}::image/" + NOBODY,
    ThingKind.POLICY: "arn:{0}:organizations::{2}:policy/" + NOBODY,
    ThingKind.SETTINGS: "*",
    ThingKind.OTHER: "",
}


class Thing(NamedTuple):
    """Something that can be destroyed, by its ARN.

    With `NOBODY` for its id it is any one of its kind, "*" is for actions that are about no resource, "" what
    is not known. `region` is "" where that is not known. `guard` is the ARN of the vault or key whose
    `policy` counts for it: a text of JSON, "" where none does, None where that is not known.
    """

    arn: str
    region: str = ""
    guard: str = ""
    policy: str | None = ""


def any_one(kind: ThingKind, account_id: str, partition: str, region: str) -> Thing:
    """Any one of a kind in an account and Region ("" for one that is not known), without a policy."""
    return Thing(_ANY[kind].format(partition, region or NOBODY, account_id), region)


def speaks_of(one: Statement, thing: Thing) -> bool | None:
    """Whether a statement is about something; None where that is not known."""
    if one.everywhere:
        return True
    if not thing.arn:
        return None
    found = any_holds(_fits(wanted, thing.arn) for wanted in one.resources)
    return found if not one.but_resources or found is None else not found


@lru_cache(maxsize=65536)
def _fits(wanted: str, arn: str) -> bool | None:
    """Whether a pattern of ARNs fits one; of any one of a kind that is not known where it fits some only."""
    if "${" in wanted:
        return None
    if pattern(wanted).fullmatch(arn):
        return True
    return None if NOBODY in arn and may_fit(wanted, arn) else False


def may_fit(one: str, other: str) -> bool:
    """Whether two patterns with `*` and `?` have a text in common; `NOBODY` in `other` has no colon."""
    ends = _skip(one, {0})
    for letter in other:
        if letter == "*":
            ends = {*range(min(ends, default=len(one) + 1), len(one) + 1)}
        elif letter == NOBODY:
            ends = {place for start in ends for place in _up_to_colon(one, start)}
        else:
            ends = _skip(one, _step(one, ends, letter))
    return len(one) in ends


def _up_to_colon(one: str, start: int) -> range:
    """The places in a pattern from one of them on to the next colon."""
    colon = one.find(":", start)
    return range(start, (len(one) if colon < 0 else colon) + 1)


def _skip(one: str, places: set[int]) -> set[int]:
    """The places in a pattern, and those behind the stars there."""
    behind = (len(one) - len(one[place:].lstrip("*")) for place in places)
    return places.union(*(range(place, end + 1) for place, end in zip(places, behind, strict=True)))


def _step(one: str, places: set[int], letter: str) -> set[int]:
    """The places in a pattern behind one letter ("?" is any)."""
    inner = [(place, one[place]) for place in places if place < len(one)]
    stay = {place for place, held in inner if held == "*"}
    return stay | {
        place + 1 for place, held in inner if held != "*" and (held in (letter, "?") or letter == "?")
    }
