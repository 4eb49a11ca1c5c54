"""The facts of what only a check knows: changes, and policies of AWS Organizations."""

from typing import Any, Final

import numpy as np

from auditor.check.declared_policies import DeclaredTerm
from auditor.check.inventory import DeclaredInventory
from auditor.check.places import UNKNOWN
from auditor.evaluate.arrow import texts
from auditor.evaluate.facts import Frame, Hole, encode

#: Of the accounts that a fault of a policy is about, how many are named.
_MOST_ACCOUNTS: Final = 10


def change_frame(inventory: DeclaredInventory) -> Frame:
    """One subject for each deletion or replacement of what protects."""
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
