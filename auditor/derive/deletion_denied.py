"""What a vault's access policy says against the manual deletion of recovery points, as AWS Config reads it.

Source: AWS Config, rule backup-recovery-point-manual-deletion-disabled (aws-backup.md 2.2).
"""

from dataclasses import dataclass
from typing import Any, Final

from auditor.derive.iam_conditions import PRINCIPAL_ARN
from auditor.derive.iam_policy import EVERYONE, Statement, statements_of

Json = Any

_ACTIONS: Final = (
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:PutBackupVaultAccessPolicy",
)
#: The operators by which a denial leaves some roles out.
_BUT: Final = ("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike")


@dataclass(frozen=True, slots=True)
class Denials:
    """The denials of all three actions to everybody, for everything: of each, whom it leaves out.

    `open` says that there may be one more: a denial has other conditions, or is by NotPrincipal or NotAction,
    or each action has one of its own beside those.
    """

    exempt: tuple[tuple[str, ...], ...]
    open: bool


def denials(document: Json) -> Denials:
    """Read a policy, a mapping or a text of JSON. Raises `UnreadableDocument`."""
    wide = [one for one in statements_of(document) if _wide(one)]
    whole = [one for one in wide if all(one.covers(action) for action in _ACTIONS)]
    plain = [one for one in whole if _plain(one)]
    parts = [one for one in wide if one not in whole]
    spread = all(any(one.covers(action) for one in parts) for action in _ACTIONS)
    return Denials(
        tuple(
            tuple(sorted({value for condition in one.conditions for value in condition.values}))
            for one in plain
        ),
        spread or len(plain) < len(whole),
    )


def _wide(one: Statement) -> bool:
    """Whether it denies something to everybody, or to all but some, for the wildcard of resources."""
    of_all = one.but_principals is not (EVERYONE in one.principals)
    return not one.allows and of_all and not one.but_resources and "*" in one.resources


def _plain(one: Statement) -> bool:
    """Whether it names what it denies, and leaves nobody out but by conditions on ARNs of principals."""
    named = not (one.but_principals or one.but_actions)
    return named and all(each.operator in _BUT and each.key == PRINCIPAL_ARN for each in one.conditions)
