"""The accounts in which a stack set makes stacks, as far as its targets and the tree of an organization tell.

Sources: CloudFormation user guide, "Create CloudFormation StackSets with service-managed permissions" (units
have the accounts of those below them, and the management account gets no stack); template reference,
AWS::CloudFormation::StackSet DeploymentTargets (filters). Its pages disagree on what `Accounts` beside units
mean without a filter. Looked up 2026-11-30.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from auditor.check.declared import Assumed, is_placeholder

#: The ids of accounts, each once, in their order.
Accounts = Mapping[str, None]

#: Accounts and Regions of one set that are followed.
MOST_TARGETS: Final = 200
TOO_MANY: Final = f"it has more than {MOST_TARGETS} accounts and Regions"
_UNION: Final = "UNION"
#: What a filter makes of the accounts of units, and of those that are named.
_FILTERS: Final[Mapping[str, Callable[[Accounts, Accounts], Iterable[str]]]] = {
    "NONE": lambda within, _: within,
    _UNION: lambda within, named: {**within, **named},
    "INTERSECTION": lambda within, named: (one for one in named if one in within),
    "DIFFERENCE": lambda within, named: (one for one in within if one not in named),
}


def targets(
    units: Sequence[str], accounts: Sequence[str], chosen: object, *, own: str, assumed: Assumed
) -> tuple[tuple[str, ...], str]:
    """The accounts that get a stack, and in a clause why others may, "" where none does.

    `chosen` is the filter, None without one. `own` is the account of the set where that is the management
    account, "" where that is not known.
    """
    if not units:
        return tuple(accounts), ""
    kind = "NONE" if chosen is None and not accounts else chosen
    missing = [one for one in units if one not in assumed.units]
    hidden = ""
    if missing:
        hidden = f"the accounts of {', '.join(missing)} are not among the inputs"
    elif not isinstance(kind, str) or kind not in _FILTERS:
        hidden = "what its accounts mean beside units is not known, as it has no filter of them"
    elif not own or is_placeholder(own):
        hidden = "which account is the management account, which gets no stack of its units, is not known"
    if hidden or not isinstance(kind, str):
        # other filters than a union choose among the accounts of the units
        return (tuple(accounts) if chosen == _UNION else ()), hidden
    within = dict.fromkeys(one for unit in units for one in assumed.units[unit] if one != own)
    return tuple(_FILTERS[kind](within, dict.fromkeys(accounts))), ""
