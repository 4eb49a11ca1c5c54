"""The facts of resources, and of what only a check knows: changes, policies, and what backups rest on."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from auditor.check.declared_policies import DeclaredTerm
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.check.gaps import UNKNOWN
from auditor.check.inventory import DeclaredInventory
from auditor.derive.selection import SelectionAnswer
from auditor.evaluate.arrow import texts
from auditor.evaluate.facts import Frame, Hole, Lazy, encode
from auditor.evaluate.resources import declared_facts, explanations

#: Of the accounts that a fault of a policy is about, how many are named.
_MOST_ACCOUNTS: Final = 10


def resource_frame(inventory: DeclaredInventory, everywhere: Sequence[DeclaredInventory]) -> Frame:
    """One subject for each resource; `everywhere` are the accounts and Regions in which others are."""

    def explained(index: int) -> list[str]:
        return [*explanations(inventory, index), *_elsewhere(inventory, everywhere, index)]

    return Frame(
        subject="resource",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(inventory.arn),
        resource_type=texts(inventory.resource_type),
        name=texts(inventory.name),
        facts=declared_facts(inventory, lambda: inventory.source_key)
        | {"protection.explanation": Lazy(explained, inventory.size)},
        has_tag=inventory.has_tag,
    )


def _elsewhere(
    inventory: DeclaredInventory, everywhere: Sequence[DeclaredInventory], index: int
) -> Iterator[str]:
    """Near misses: selections of the account in other Regions that would select the resource there."""
    resource, here = inventory.resource(index), inventory.scope
    for other in everywhere:
        if other is inventory or other.scope.account.account_id != here.account.account_id:
            continue
        plans = {plan.plan_id: plan.name for plan in other.plans}
        for selection, decision in zip(other.selections, other.decide_on(resource), strict=True):
            if decision.outcome is SelectionAnswer.SELECTED:
                name = plans.get(selection.plan_id, selection.plan_id)
                yield (
                    f"{name} / {selection.name}: Near miss: it selects such a resource in "
                    f"{other.scope.region}, and this one is in {here.region}."
                )


def change_frame(inventory: DeclaredInventory) -> Frame:
    """One subject for each deletion, replacement or weakening of what protects."""
    found, scope = inventory.nouns.changes, inventory.scope
    unknown = np.array([bool(one.fault) for one in found], bool)
    said = "What takes the place of something is not known."
    gap = scope.unknowns.add(scope.account.account_id, scope.region, "check", UNKNOWN, "changes", said)
    # what is not known of one could only take the finding away
    hole = Hole((gap,), unknown, partial=True, passes=True)
    return Frame(
        subject="change",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(one.declaration.address for one in found),
        resource_type=texts("" for _ in found),
        name=texts(one.name for one in found),
        facts={
            "change.kind": encode([one.kind for one in found]),
            "change.action": encode([one.action for one in found]),
            "change.name": encode([one.name for one in found]),
            "change.lost": encode([[*one.lost] or None for one in found]),
            "change.made_first": encode([one.made_first for one in found]),
            "change.kept_by": encode([one.kept_by or None for one in found], hole),
        },
    )


def policy_frame(inventory: DeclaredInventory) -> Frame:
    """One subject for each thing that is wrong with a policy, and for each policy as a whole."""
    found, scope = inventory.nouns.terms, inventory.scope
    unknown = np.array([bool(one.fault) for one in found], bool)
    said = "What a policy holds, or how it is merged, is not known."
    gap = scope.unknowns.add(scope.account.account_id, scope.region, "check", UNKNOWN, "policies", said)
    return Frame(
        subject="organization_policy",
        account_id=scope.account.account_id,
        region=scope.region,
        arn=texts(f"{one.declaration.file} {one.declaration.address}" for one in found),
        resource_type=texts("" for _ in found),
        name=texts(one.policy for one in found),
        facts={
            "policy.name": encode([one.policy for one in found]),
            "policy.fault": encode(
                [_fault(one) if one.kind else None for one in found], Hole((gap,), unknown, partial=True)
            ),
        },
    )


def subject_frame(inventory: DeclaredInventory, kind: str, found: Sequence[DeclaredSubject]) -> Frame:
    """The subjects of one kind that have facts of their own."""
    scope = inventory.scope
    paths = dict.fromkeys(path for one in found for path in (*one.facts, *one.doubts))
    said = "What backups rest on is not known."
    gap = scope.unknowns.add(scope.account.account_id, scope.region, "check", UNKNOWN, kind, said)

    def hole(path: str, doubt: FactDoubt) -> Hole:
        where = np.array([path in one.doubts and one.doubts[path][0] is doubt for one in found], bool)
        partial, passes = doubt is not FactDoubt.MISSING, doubt is FactDoubt.LESS
        return Hole((gap,), where, partial=partial, passes=passes)

    return Frame(
        subject=kind,
        account_id=scope.account.account_id,
        region=scope.region,
        arn=texts(one.arn for one in found),
        resource_type=texts("" for _ in found),
        name=texts(one.name for one in found),
        facts={
            path: encode([one.facts.get(path) for one in found], *(hole(path, doubt) for doubt in FactDoubt))
            for path in paths
        },
    )


def _fault(term: DeclaredTerm) -> dict[str, Any]:
    return {
        "kind": term.kind,
        "path": term.path,
        "said": term.said,
        "accounts": list(term.accounts[:_MOST_ACCOUNTS]),
        "account_count": len(term.accounts),
        "where": _where(term.accounts),
    }


def _where(accounts: tuple[str, ...]) -> str:
    """Accounts in words."""
    if not accounts:
        return "the accounts that it is attached to"
    others = len(accounts) - 1
    more = f" and {others:,} other{'s' if others > 1 else ''}" if others else ""
    return f"{accounts[0]}{more}"
