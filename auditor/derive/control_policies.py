"""What service and resource control policies deny in an account to all but named guardians.

A policy is looked at along the path of the account: the root, each organizational unit, and the account. An
action is denied where one of them denies it, or where one of them allows it by no service control policy
(aws-backup.md 3.7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from auditor.derive.destructible import may_fit
from auditor.derive.iam_conditions import NOBODY, PRINCIPAL_ARN, PolicyCondition, Reach, contains, pattern
from auditor.derive.iam_policy import Statement, read_policy
from auditor.derive.organization_conditions import NOT_KNOWN, Members

Json = Any

#: Of these no principal of the account is let through by name: what acts is a service, or another account's.
_OF_OTHERS: Final = ("aws:principalisawsservice", "aws:principalaccount")
#: What actions are about, by their service and a word in them: an ARN that nothing has, of the partition aws.
_ABOUT: Final = {
    ("backup:", "vault"): f"arn:aws:backup:{NOBODY}:{NOBODY}:backup-vault:{NOBODY}",
    ("ec2:", "image"): f"arn:aws:ec2:{NOBODY}::image/{NOBODY}",
    ("ec2:", "snapshot"): f"arn:aws:ec2:{NOBODY}::snapshot/{NOBODY}",
    ("kms:", "key"): f"arn:aws:kms:{NOBODY}:{NOBODY}:key/{NOBODY}",
}
#: The services whose actions take something of a backup away and that resource control policies bound.
_BOUNDED: Final = ("kms:",)
#: What of its conditions leaves open whether a statement denies everybody something.
_VAGUE: Final = (Reach.OPEN, Reach.MOST)


class AccountPlace(NamedTuple):
    """An account and its partition: what a policy says of the ARNs of another one is about nothing there.

    `members` are the accounts of the organization that was read.
    """

    account_id: str
    partition: str
    members: Members = NOT_KNOWN


@dataclass(frozen=True, slots=True)
class ControlPolicy:
    """One service or resource control policy, and the ids of what it is attached to."""

    name: str
    document: str
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The control policies that count in an account: service ones of each level of its path, resource ones.

    There are no levels where no service control policy counts; they are None where neither kind is known.
    """

    levels: Sequence[Sequence[ControlPolicy]] | None = ()
    of_resources: Sequence[ControlPolicy] = ()

    @property
    def known(self) -> bool:
        """Whether they are known."""
        return self.levels is not None

    @property
    def texts(self) -> list[list[str]]:
        """The documents of the service control policies of each level."""
        return [[one.document for one in level] for level in self.levels or ()]

    @property
    def texts_of_resources(self) -> list[str]:
        """The documents of the resource control policies."""
        return [one.document for one in self.of_resources]


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is not denied: `open_` for certain, `unknown` perhaps; `excepted` are let through, `why` a clause.

    `excepted` are patterns of ARNs in denials that name others than the guardians.
    """

    open_: tuple[str, ...]
    unknown: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    why: str = ""


def bounded_by_resources(action: str) -> bool:
    """Whether resource control policies count for an action that takes something of a backup away."""
    return action.lower().startswith(_BOUNDED)


def guarded(
    actions: Sequence[str],
    levels: Sequence[Sequence[ControlPolicy]],
    account: AccountPlace,
    guardians: Sequence[str],
    of_resources: Sequence[ControlPolicy] = (),
) -> Guarded:
    """What the policies of each level of an account's path deny to all but `guardians` (patterns of ARNs).

    Without any level no service control policy is in force. `of_resources` are the resource control policies
    of all levels: these only deny.
    """
    statements, why = _read(levels)
    denying, fault = _read([of_resources])
    open_: list[str] = []
    unknown: list[str] = []
    excepted: dict[str, None] = {}
    for action in actions:
        answers = [_denied(action, read, account, guardians) for read in statements]
        if bounded_by_resources(action):
            answers += [_denied(action, read, account, guardians, allowing=False) for read in denying]
            why = why or fault
        if not any(one.sure is True for one in answers):
            (unknown if any(one.sure is None for one in answers) else open_).append(action)
            excepted |= dict.fromkeys(name for one in answers for name in one.excepted)
            why = why or next((one.why for one in answers if one.why), "")
    return Guarded(tuple(open_), tuple(unknown), tuple(excepted), why if unknown else "")


def _read(levels: Sequence[Sequence[ControlPolicy]]) -> tuple[list[list[Statement | None]], str]:
    """The statements of each level, None for what cannot be understood, and the first reason in a clause."""
    statements, why = [], ""
    for policies in levels:
        read: list[Statement | None] = []
        for policy in policies:
            found, fault = read_policy(policy.document)
            read += (None,) if found is None else found
            if found is None:
                why = why or f"the policy {policy.name} cannot be understood: {fault}"
        statements.append(read)
    return statements, why


@dataclass(frozen=True, slots=True)
class _Denied:
    """Whether a level denies an action, None where that is not known, and whom its denials let through."""

    sure: bool | None
    excepted: tuple[str, ...] = ()
    why: str = ""


def _denied(
    action: str,
    statements: Sequence[Statement | None],
    account: AccountPlace,
    guardians: Sequence[str],
    *,
    allowing: bool = True,
) -> _Denied:
    """What a level comes to; where it is `allowing`, what it does not allow is denied."""
    known = [one for one in statements if one is not None]
    about = [one for one in known if one.covers(action)]
    if allowing and len(known) == len(statements) and not any(one.allows for one in about):
        return _Denied(sure=True)
    found = [_denial(action, one, account, guardians) for one in about if not one.allows]
    if any(one.sure is True for one in found):
        return _Denied(sure=True)
    if len(known) < len(statements):
        return _Denied(sure=None)
    excepted = tuple(name for one in found for name in one.excepted)
    if allowing and not any(_outright(action, one, account) for one in about if one.allows):
        return _Denied(None, excepted, f"what allows {action} is for some only, or under a condition")
    open_ = next((one for one in found if one.sure is None), None)
    return _Denied(sure=False, excepted=excepted) if open_ is None else _Denied(None, excepted, open_.why)


def _but(condition: PolicyCondition) -> bool:
    """Whether it is met by all but the principals with some ARNs."""
    return condition.negative and condition.key == PRINCIPAL_ARN


def _outright(action: str, one: Statement, account: AccountPlace) -> bool:
    """Whether a statement that allows does so for everybody and everything in an account."""
    return one.reaches(account.account_id, account.members) <= {Reach.ALL} and _whole(action, one, account)


def _denial(action: str, one: Statement, account: AccountPlace, guardians: Sequence[str]) -> _Denied:
    """What one statement that denies comes to."""
    reaches = [(each, each.reach(account.account_id, account.members)) for each in one.conditions]
    if any(reach in (Reach.NONE, Reach.SOME) for _, reach in reaches):
        return _Denied(sure=False)
    # one for all but a kind of principals, such as roles, is for most or for a few
    spares = [each for each, reach in reaches if reach is Reach.REST or (reach is Reach.MOST and _but(each))]
    vague = ", ".join(each.key for each, reach in reaches if reach in _VAGUE and each not in spares)
    if vague:
        return _Denied(None, why=f"what a condition on {vague} makes of a denial of {action} is not known")
    if not _whole(action, one, account):
        return _Denied(None, why=f"a denial of {action} is for some resources")
    excepted: list[str] = []
    for each in (each for each in spares if each.key not in _OF_OTHERS):
        if each.key != PRINCIPAL_ARN:
            return _Denied(None, why=f"whom a condition on {each.key} lets through is not known")
        excepted += _excepted(each, account, guardians)
    return _Denied(not excepted, tuple(excepted))


def _excepted(condition: PolicyCondition, account: AccountPlace, guardians: Sequence[str]) -> Iterator[str]:
    """The patterns of a condition that are not of guardians alone.

    Those of other accounts are of nobody here, and neither is a name with a wildcard that is none.
    """
    somebody = f"arn:{account.partition}:{NOBODY}::{account.account_id}:*"
    for value in condition.values:
        named = condition.takes_patterns or not {"*", "?"}.intersection(value)
        if (
            named
            and may_fit(value, somebody)
            and not any(contains(guardian, value) for guardian in guardians)
        ):
            yield value


def _whole(action: str, one: Statement, account: AccountPlace) -> bool:
    """Whether a statement is about all that an action can be about in an account.

    A pattern of all ARNs in the account's partition is, or of those of the account itself.
    """
    if one.everywhere or one.but_resources:
        return one.everywhere
    lower = action.lower()
    about = next(
        (arn for (start, word), arn in _ABOUT.items() if lower.startswith(start) and word in lower), ""
    )
    every = about.replace("arn:aws:", f"arn:{account.partition}:", 1)
    own = every.replace(f":{NOBODY}:{NOBODY}:", f":{NOBODY}:{account.account_id}:")
    arns = (every, own) if about else ()
    return any(pattern(wanted).fullmatch(arn) for wanted in one.resources for arn in arns)
