"""What a vault's access policy says against the manual deletion of recovery points, as AWS Config reads it.

Source: AWS Config, rule backup-recovery-point-manual-deletion-disabled (aws-backup.md 2.2).
"""

from dataclasses import dataclass
from typing import Any, Final

from auditor.derive.iam_policy import EVERYONE, Statement, statements_of

Json = Any

_ACTIONS: Final = (
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:PutBackupVaultAccessPolicy",
)
#: The operators and the key by which a denial leaves some roles out.
_BUT: Final = ("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike")
_KEY: Final = "aws:principalarn"


@dataclass(frozen=True, slots=True)
class Denials:
    """The denials of all three actions to everybody, for everything: of each, whom it leaves out.

    `open` says that there may be one more: a denial has other conditions, or each action has one of its own.
    """

    exempt: tuple[tuple[str, ...], ...]
    open: bool


def denials(document: Json) -> Denials:
    """Read a policy, a mapping or a text of JSON. Raises `UnreadableDocument`."""
    fit = [one for one in statements_of(document) if _fits(one)]
    whole = [one for one in fit if all(one.covers(action) for action in _ACTIONS)]
    plain = [one for one in whole if all(_leaves_out(one, number) for number in range(len(one.conditions)))]
    spread = all(any(one.covers(action) for one in fit) for action in _ACTIONS) and not whole
    return Denials(
        tuple(
            tuple(sorted({value for condition in one.conditions for value in condition.values}))
            for one in plain
        ),
        spread or len(plain) < len(whole),
    )


def _fits(one: Statement) -> bool:
    """Whether it denies something to the wildcard of principals, for the wildcard of resources."""
    of_all = not (one.but_principals or one.but_actions or one.but_resources)
    return not one.allows and of_all and EVERYONE in one.principals and "*" in one.resources


def _leaves_out(one: Statement, number: int) -> bool:
    """Whether a condition does nothing but leave out principals by their ARNs."""
    condition = one.conditions[number]
    return condition.operator in _BUT and condition.key == _KEY
