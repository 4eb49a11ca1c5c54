"""The roles that selections back up with: who may take them on, and what their policies cover."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from auditor.check.declared import Place
from auditor.check.declared_subjects import DeclaredRole, DeclaredSubject, FactDoubt
from auditor.check.inventory import DeclaredInventory
from auditor.check.managed_policies import S3
from auditor.check.role_coverage import NEEDED, RoleCoverage
from auditor.check.told import ToldByRun
from auditor.derive.iam_policy import statements_of, trusts
from auditor.derive.selection import SelectionAnswer
from auditor.evaluate.inventory import OUTCOMES
from auditor.model.documents import UnreadableDocument

Json = Any

_SERVICE: Final = "backup.amazonaws.com"
_ARN: Final = re.compile(r"arn:[^:]*:iam::(?P<account>[^:]*):role/(?P<name>.*)")
_SAY_ACCOUNT: Final = "no input names the account of the role, so say it with --account"
_UNUSED: Final = "whether selections back up with it is not known"
_SELECTED: Final = OUTCOMES[SelectionAnswer.SELECTED]
_UNDECIDED: Final = OUTCOMES[SelectionAnswer.INDETERMINATE]


@dataclass(slots=True)
class _Use:
    """Where a role is used first, the types that it has to back up, and those that it perhaps has to.

    `regions` are those in which it has to, "" for one that is not known. `fault` says why more may be
    selected, in a clause, "" where nothing may.
    """

    inventory: int
    types: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    fault: str = ""


def role_subjects(
    roles: Sequence[DeclaredRole], inventories: Sequence[DeclaredInventory], told: ToldByRun
) -> Iterator[tuple[int, DeclaredSubject]]:
    """Each role that a selection uses, with the number of the inventory that it is judged in.

    One that perhaps is used is asked about where it would not do: then it is open whether that is a fault.
    """
    uses, perhaps = _uses(roles, inventories)
    _use_told(uses, roles, inventories, told)
    for role in roles:
        if role.arn in uses:
            use = uses[role.arn]
            if role.arn in perhaps:
                use.perhaps |= perhaps[role.arn].types | perhaps[role.arn].perhaps
                use.regions |= perhaps[role.arn].regions
            yield use.inventory, _subject(role, use)
        elif role.arn in perhaps:
            subject = _subject(role, perhaps[role.arn])
            if subject.doubts or subject.facts["role.lacks"] or not subject.facts["role.trusted"]:
                faults = dict.fromkeys(("role.trusted", "role.lacks"), (FactDoubt.LESS, _UNUSED))
                yield perhaps[role.arn].inventory, replace(subject, doubts={**faults, **subject.doubts})


def _uses(
    roles: Sequence[DeclaredRole], inventories: Sequence[DeclaredInventory]
) -> tuple[dict[str, _Use], dict[str, _Use]]:
    """By its ARN, what each role is used for, and what it perhaps is."""
    uses: dict[str, _Use] = {}
    perhaps: dict[str, _Use] = {}
    for number, inventory in enumerate(inventories):
        nouns = inventory.nouns
        for row, arn in enumerate(nouns.roles):
            if arn:
                _use(uses.setdefault(arn, _Use(number)), inventory, row)
            for other in nouns.perhaps_roles[row] if nouns.perhaps_roles else ():
                _use(perhaps.setdefault(other, _Use(number)), inventory, row)
    others = uses.keys() - {one.arn for one in roles}
    for role in roles:
        if role.perhaps and role.arn in uses:
            perhaps.setdefault(role.arn, uses.pop(role.arn))
        for arn in (arn for arn in sorted(others) if _may_be(role.arn, arn)):
            perhaps.setdefault(role.arn, uses[arn])
    return uses, perhaps


def _may_be(one: str, other: str) -> bool:
    """Whether two ARNs may be of one role: only their accounts differ, and one of these is not known."""
    first, second = _ARN.fullmatch(one), _ARN.fullmatch(other)
    if not first or not second or first["name"] != second["name"]:
        return False
    return not all(Place.of(found["account"], "").named[0] for found in (first, second))


def _use_told(
    uses: dict[str, _Use],
    roles: Sequence[DeclaredRole],
    inventories: Sequence[DeclaredInventory],
    told: ToldByRun,
) -> None:
    """Add what selections of a run select, to roles of accounts of which the inputs declare something."""
    first: dict[str, int] = {}
    for number, inventory in enumerate(inventories):
        first.setdefault(inventory.nouns.place.account_id, number)
    for role in roles:
        if role.arn in told.roles and role.place.account_id in first:
            use = uses.setdefault(role.arn, _Use(first[role.place.account_id]))
            use.types |= told.roles[role.arn]
            use.regions.add("")


def _use(use: _Use, inventory: DeclaredInventory, row: int) -> None:
    """Add what one selection selects."""
    outcomes, selection = inventory.outcomes_of(row), inventory.selections[row]
    use.regions.add(inventory.nouns.place.region)
    for types, outcome in ((use.types, _SELECTED), (use.perhaps, _UNDECIDED)):
        types.update(np.unique(inventory.resource_type[outcomes == outcome]).tolist())
    if any(":s3:::" in pattern for pattern in selection.resources):
        use.types.add(S3)
    use.fault = use.fault or selection.fault


def _subject(role: DeclaredRole, use: _Use) -> DeclaredSubject:
    facts: dict[str, Json] = {"role.name": role.name}
    doubts: dict[str, tuple[FactDoubt, str]] = {}
    fault = role.trust_fault
    if not fault:
        try:
            known = role.place.account_id not in role.place.unknown
            trusted = trusts(statements_of(role.trust), _SERVICE, role.place.account_id, known=known)
            facts |= {} if trusted is None else {"role.trusted": trusted}
            unsaid = "what a condition asks of AWS Backup is not known"
            fault = "" if trusted is not None else unsaid if known else f"{unsaid}; {_SAY_ACCOUNT}"
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
    if fault:
        doubts["role.trusted"] = (FactDoubt.MISSING, f"who may take the role on is not known: {fault}")
    policies = RoleCoverage(role, sorted(use.regions))
    answers = {kind: policies.back_up(kind) for kind in sorted(use.types)}
    open_ = next((why for known, why in answers.values() if known is None), "") or _open(policies, use)
    facts["role.lacks"] = [kind for kind, (known, _) in answers.items() if known is False]
    if open_:
        doubts["role.lacks"] = (FactDoubt.MORE, open_)
    return DeclaredSubject(role.place, "role", role.arn, role.name, role.declaration, facts, doubts)


def _open(policies: RoleCoverage, use: _Use) -> str:
    """Why it may have to back up what its policies do not cover, "" where it does not."""
    perhaps = sorted(use.perhaps - use.types)
    uncovered = [kind for kind in perhaps if not policies.back_up(kind)[0]]
    if uncovered:
        return f"whether it has to back up {', '.join(uncovered)} is not known"
    if (use.fault or not use.types) and not any(policies.back_up(kind)[0] for kind in NEEDED):
        return f"what it has to back up is not known: {use.fault or 'no input declares what is selected'}"
    return ""
