"""Which users and roles of an account their policies let destroy backups (aws-backup.md 3.8).

An action is allowed where a policy of the identity allows it and none denies it, where the same is so of its
permissions boundary, and of each level of service control policies on the path of the account. What a
condition makes of it, and what is for some resources, is not known: then nothing is said.

Sources: IAM user guide, "Policy evaluation logic", "Permissions boundaries for IAM entities".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from auditor.derive.control_policies import AccountPlace, fits_every, whole
from auditor.derive.iam_conditions import NOBODY, PolicyCondition
from auditor.derive.iam_policy import Statement, statements_of
from auditor.derive.three_valued import all_hold
from auditor.model.documents import UnreadableDocument

#: What takes a backup, its lock, its retention, its hold or its key away.
#: Source: service authorization reference, "… for AWS Backup", "… for Amazon EC2", "… for AWS KMS".
DESTROYING: Final = (
    "backup:DeleteRecoveryPoint", "backup:DeleteBackupVault", "backup:DeleteBackupVaultLockConfiguration",
    "backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVaultAccessPolicy",
    "backup:UpdateRecoveryPointLifecycle", "backup:CancelLegalHold", "kms:ScheduleKeyDeletion",
    "kms:DisableKey", "ec2:DeleteSnapshot", "ec2:DeregisterImage", "ec2:DisableImage",
)  # fmt: skip
#: What those do who run backups.
OPERATING: Final = (
    "backup:CreateBackupPlan", "backup:UpdateBackupPlan", "backup:CreateBackupSelection",
    "backup:StartBackupJob", "backup:StartCopyJob",
)  # fmt: skip
_SERVICE: Final = "Service:backup.amazonaws.com"
#: A role that only the service may take on that it is linked to.
_LINKED: Final = ":role/aws-service-role/"
#: A recovery point that AWS Backup manages itself; the ARNs of others are of their services.
_POINT: Final = f"arn:aws:backup:{NOBODY}:{NOBODY}:recovery-point:{NOBODY}"

Sure = bool | None
#: The documents by their digest.
Documents = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IamPrincipal:
    """A user or role: the digests of its policies by their names (its groups' too), and its boundary's.

    A digest is "" of a policy whose document was not told; `boundary` is None where there is none. `trust` is
    the document that says who may take a role on, None of a user.
    """

    arn: str
    policies: Mapping[str, str]
    boundary: str | None = None
    trust: str | None = None


class Permitted(NamedTuple):
    """What a principal may surely do, each action with the policy that allows it, and what it perhaps may."""

    sure: Mapping[str, str]
    perhaps: tuple[str, ...]


def acts_for_itself(principal: IamPrincipal) -> bool:
    """Whether it is somebody's: no role that only AWS Backup, or a service that it is linked to, takes on."""
    if _LINKED in principal.arn:
        return False
    trusted = _statements(principal.trust) if principal.trust is not None else None
    if trusted is None:
        return True
    allowed = [one for one in trusted if one.allows]
    return not allowed or any(one.but_principals or one.principals != {_SERVICE} for one in allowed)


class _Grant(NamedTuple):
    """What a statement says of an action: `sure` where it is for all of it, and for whoever meets `who`."""

    allows: bool
    sure: bool
    who: tuple[PolicyCondition, ...]


class Permissions:
    """What principals of one account may do, each distinct document looked at once.

    `levels` are the service control policies of each level of the account's path: none where none counts,
    None where they are not known.
    """

    def __init__(
        self, account: AccountPlace, documents: Documents, levels: Sequence[Sequence[str]] | None
    ) -> None:
        self._account = account
        self._documents = documents
        self._levels = levels
        self._rules: dict[tuple[str, str], tuple[_Grant, ...] | None] = {}
        self._kept: dict[tuple[object, ...], Sure] = {}

    def of(self, principal: IamPrincipal, actions: Iterable[str]) -> Permitted:
        """Which of `actions` a principal may do."""
        answers = {action: self._may(principal, action) for action in actions}
        sure = {action: self._by(principal, action) for action, answer in answers.items() if answer}
        return Permitted(sure, tuple(action for action, answer in answers.items() if answer is None))

    def _may(self, principal: IamPrincipal, action: str) -> Sure:
        own = [self._of_digest(digest, action) for digest in sorted({*principal.policies.values()})]
        bound = None if principal.boundary is None else self._of_digest(principal.boundary, action)
        told = any(one.who for rules in (*own, bound) for one in rules or ())
        key = (action, frozenset(principal.policies.values()), principal.boundary, told and principal.arn)
        if key not in self._kept:
            parts = [own] if principal.boundary is None else [own, [bound]]
            self._kept[key] = all_hold(self._lets(part, principal.arn) for part in parts)
        answer = self._kept[key]
        if answer is False or self._levels is None:
            return None if answer else answer
        levels = ([self._of(text, text, action) for text in level] for level in self._levels)
        return all_hold((answer, *(self._lets(level, principal.arn) for level in levels)))

    def _lets(self, policies: Sequence[tuple[_Grant, ...] | None], arn: str) -> Sure:
        """Whether policies together allow; None among them is one that cannot be understood."""
        found = [(one.allows, self._holds(one, arn)) for rules in policies for one in rules or ()]
        vague = None in policies
        allowed, denied = ({held for way, held in found if way is allows} for allows in (True, False))
        if True in denied or not (vague or allowed - {False}):
            return False
        return None if vague or None in denied or True not in allowed else True

    def _holds(self, one: _Grant, arn: str) -> Sure:
        met = all_hold(condition.met_by(arn, self._account.account_id) for condition in one.who)
        return None if met and not one.sure else met

    def _by(self, principal: IamPrincipal, action: str) -> str:
        """The first policy, by name, that surely allows an action."""
        return next(
            name
            for name, digest in sorted(principal.policies.items())
            if any(
                one.allows and self._holds(one, principal.arn)
                for one in self._of_digest(digest, action) or ()
            )
        )

    def _of_digest(self, digest: str, action: str) -> tuple[_Grant, ...] | None:
        return self._of(digest, self._documents.get(digest), action)

    def _of(self, name: str, document: str | None, action: str) -> tuple[_Grant, ...] | None:
        """What a document says of an action; None where that is not known."""
        if (name, action) not in self._rules:
            statements = None if document is None else _statements(document)
            self._rules[name, action] = (
                None
                if statements is None
                else tuple(_grant(one, action, self._account) for one in statements if one.covers(action))
            )
        return self._rules[name, action]


def _grant(one: Statement, action: str, account: AccountPlace) -> _Grant:
    who = tuple(each for each in one.conditions if each.of_principals)
    about = whole(action, one, account) or (one.allows and _points(action, one, account))
    return _Grant(one.allows, about and len(who) == len(one.conditions), who)


def _points(action: str, one: Statement, account: AccountPlace) -> bool:
    """Whether a statement is about every recovery point that AWS Backup manages itself: that is enough."""
    return "RecoveryPoint" in action and not one.but_resources and fits_every(_POINT, one, account)


@lru_cache(maxsize=4096)
def _statements(document: str) -> tuple[Statement, ...] | None:
    try:
        return tuple(statements_of(document))
    except UnreadableDocument:
        return None
