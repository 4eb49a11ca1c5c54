"""What the policy of a vault or a key gives to principals of its own account, and what it denies them.

A principal of another account is refused whatever it says (aws-backup.md 1.1 row 12, 3.8). Without the word
of the key's policy no policy of IAM allows anything on a key; a vault's policy adds to them.

Sources: IAM user guide, "Policy evaluation logic", "Permissions boundaries for IAM entities", "AWS JSON
policy elements: NotPrincipal"; KMS developer guide, "Key policies".
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from auditor.derive.control_policies import AccountPlace
from auditor.derive.destructible import Thing, speaks_of
from auditor.derive.iam_conditions import FEDERATED, SERVICE
from auditor.derive.iam_policy import EVERYONE, Statement, understood
from auditor.derive.three_valued import all_hold, any_holds

Sure = bool | None
_SESSIONS: Final = ":assumed-role/"
_ROLES: Final = ":role/"
#: How the names begin of principals that are no users or roles.
BESIDES: Final = (SERVICE, FEDERATED)
_BACKUP: Final = "Service:backup.amazonaws.com"


class GuardWords(NamedTuple):
    """What the policy on a thing says to somebody.

    `allowed` is given to them by name, or to everybody; `free` of that is what no boundary limits.
    `delegates` says that policies of IAM count.
    """

    allowed: Sure
    denied: Sure
    delegates: Sure
    free: Sure = True


#: Where no policy counts, and where one does that is not known.
_SILENT: Final = GuardWords(allowed=False, denied=False, delegates=True)
_UNKNOWN: Final = GuardWords(None, None, None, None)


class Guard:
    """The policies of things in one account, each distinct one read once."""

    def __init__(self, account: AccountPlace) -> None:
        self._account, self._members = account.account_id, account.members

    def tells_apart(self, policy: str | None, action: str) -> bool:
        """Whether a policy says other things to one principal than to another."""
        read = understood(policy) if policy else ()
        return any(
            not one.principals <= {EVERYONE} or one.but_principals or one.conditions
            for one in read or ()
            if one.covers(action)
        )

    def says(self, thing: Thing, arn: str, action: str, *, bounded: bool) -> GuardWords:
        """What the policy on a thing says to the principal `arn`, who has a boundary where `bounded`."""
        if thing.policy == "":
            return _SILENT
        read = None if thing.policy is None else understood(thing.policy)
        if read is None:
            return _UNKNOWN
        about = [one for one in read if one.covers(action)]
        allows = [one for one in about if one.allows]
        held = [(self._names(one, arn), self._holds(one, thing, arn)) for one in allows]
        denials = [one for one in about if not one.allows]
        return GuardWords(
            any_holds(all_hold((to, so)) for to, so in held),
            any_holds(
                all_hold((self._shuts_out(one, arn, bounded=bounded), self._holds(one, thing, arn)))
                for one in denials
            ),
            self._delegates(thing, allows, arn),
            any_holds(
                all_hold((self._free(one, arn), so)) for one, (_, so) in zip(allows, held, strict=True)
            ),
        )

    def _delegates(self, thing: Thing, allows: Sequence[Statement], arn: str) -> Sure:
        if ":kms:" not in thing.guard:
            return True
        return any_holds(
            self._holds(one, thing, arn)
            for one in allows
            if one.names_account(self._account) or EVERYONE in one.principals
        )

    def _holds(self, one: Statement, thing: Thing, arn: str) -> Sure:
        met = (each.met_by(arn, self._account, thing.region, self._members) for each in one.conditions)
        return all_hold((speaks_of(one, thing), *met))

    def _names(self, one: Statement, arn: str) -> Sure:
        """Whether an Allow gives a principal something itself: by its name, a session's, or as everybody."""
        if one.but_principals:  # IAM takes no Allow with NotPrincipal for a good idea, but takes it
            return None
        return bool(one.principals & {EVERYONE, arn, f"AWS:{arn}"}) or self._session_of(one, arn)

    def _free(self, one: Statement, arn: str) -> Sure:
        """Whether what an Allow gives is not limited by a boundary: for users and sessions that are named."""
        if self._session_of(one, arn) or (f"AWS:{arn}" in one.principals and _ROLES not in arn):
            return True
        return None if EVERYONE in one.principals or one.but_principals else False

    def _shuts_out(self, one: Statement, arn: str, *, bounded: bool) -> Sure:
        """Whether a Deny is for a principal; one for a session leaves the role its others."""
        if one.but_principals:
            near = any(self._account in name for name in one.principals)
            return False if EVERYONE in one.principals else None if near and not bounded else True
        return bool(one.principals & {EVERYONE, arn, f"AWS:{arn}"}) or one.names_account(self._account)

    def _session_of(self, one: Statement, arn: str) -> bool:
        """Whether a statement names a session of a role."""
        role = f":{self._account}{_SESSIONS}{arn.rpartition('/')[2]}/"
        return _ROLES in arn and any(role in name for name in one.principals)


def named_besides(policy: str) -> frozenset[str]:
    """The services (but AWS Backup) and federated principals that a policy allows something."""
    names = {name for one in understood(policy) or () if one.allows for name in one.principals}
    return frozenset(one for one in names if one.startswith(BESIDES) and one != _BACKUP)
