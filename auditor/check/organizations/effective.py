"""What each account gets of the backup policies of all inputs: plans, or why that is not known.

A policy of which nothing says where it is attached is judged as it is written, in an account of its own
that is not known. Where the tree of the organization is among the inputs, it says so of every policy; the
units and accounts of plans and templates say it of those that are attached to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from auditor.check.declared import Assumed, Place
from auditor.check.declared_policies import DeclaredPolicy, Perhaps
from auditor.check.organizations.attached import Attached
from auditor.check.organizations.plans import add_plan
from auditor.check.organizations.terms import Terms, spelled, what_is_unsaid
from auditor.check.organizations.tree import KIND
from auditor.check.organizations.units import organization_tree
from auditor.check.reading import Reading
from auditor.derive.backup_policies import plans_of
from auditor.derive.backup_policy_faults import excessive, incomplete, open_elements
from auditor.derive.policy_merge import Level, merge
from auditor.model.errors import AuditorError

#: The most policies of an organization (AWS Organizations, quotas).
_MOST_POLICIES: Final = 1_000
_ALONE: Final = "no other backup policy changes its plans in the accounts that it is attached to"


def settle(readings: Sequence[Reading], assumed: Assumed) -> None:
    """Add to the readings what their policies come to.

    Raises:
        AuditorError: there are more policies than an organization may have, or two trees, or the tree names a
            policy that is not among the inputs.
    """
    told = [one.kind for one in readings if one.nodes]
    counts: tuple[Perhaps, ...] = ("",)
    if told:
        counts = ("", "attached anew", *(() if KIND in told else ("attached already",)))
    policies = [(reading, one) for reading in readings for one in reading.policies if one.perhaps in counts]
    if len(policies) > _MOST_POLICIES:
        raise AuditorError(
            f"{len(policies)} backup policies are more than the {_MOST_POLICIES:,} that an organization has; "
            "name fewer files."
        )
    own = [
        replace(assumed, number=number, mark=policy.name)
        for number, (_, policy) in enumerate(policies, len(readings))
    ]
    terms: Mapping[str, Terms] = {
        policy.name: Terms(policy, Place.of(*one.own_place(0)))
        for (_, policy), one in zip(policies, own, strict=True)
    }
    for reading, policy in policies:
        reading.terms += terms[policy.name].malformed()
    targets = dict.fromkeys(target for _, policy in policies for target in policy.targets)
    next_number = replace(assumed, number=len(readings) + len(policies))
    tree = organization_tree(readings, targets, next_number)
    left = policies if tree is None else Attached(tree, readings, policies, terms, assumed).settle()
    for reading, policy in left:
        if not policy.faults:
            _alone(reading, policy, terms[policy.name], assumed)


def _alone(reading: Reading, policy: DeclaredPolicy, terms: Terms, assumed: Assumed) -> None:
    """One policy of which nothing says where it is attached."""
    if policy.document is None:
        reading.terms += terms.whole(policy.fault)
        return
    effective = merge([Level(((policy.name, policy.document),))]).effective
    faults = excessive(effective)
    reading.terms += [terms.fault("invalid", one) for one in faults]
    missing = incomplete(effective)
    said = f"{spelled(missing[0])}, which another policy may give it" if missing else ""
    unsaid = open_elements(effective)
    if unsaid and not said:
        said = what_is_unsaid(unsaid[0])
    if not faults or said:
        reading.terms += terms.whole(said)
    if faults:
        return
    parts = {one.path[1] for one in missing}
    whole = {name: plan for name, plan in effective.get("plans", {}).items() if name not in parts}
    if whole:
        reading.assumed.append(f"{policy.name}: {_ALONE}")
    for plan in plans_of({"plans": whole}):
        add_plan(reading, policy, plan, terms.place.account_id, "", assumed.copy_lifecycle)
