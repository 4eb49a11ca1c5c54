"""What the policies on the way to an account come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.organizations.terms import spelled, what_is_unsaid
from auditor.derive.backup_policies import EffectivePlan, plans_of
from auditor.derive.backup_policy_faults import Fault, excessive, incomplete, open_elements
from auditor.derive.policy_merge import Level, Merged, merge

#: The policies of a level, and whether the order in which they were attached is known.
LevelNames = tuple[tuple[str, ...], bool]
FaultKind = Literal["forbidden", "invalid"]


@dataclass(slots=True)
class PolicyOutcome:
    """The plans of an account, and why there may be others, or ""."""

    plans: list[tuple[EffectivePlan, str]] = field(default_factory=list)
    open: str = ""
    faults: list[tuple[str, FaultKind, Fault]] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    by_order: list[str] = field(default_factory=list)


def outcome_of(
    way: Sequence[LevelNames], policies: Mapping[str, DeclaredPolicy], *, whole: bool
) -> PolicyOutcome:
    """What the policies of a way come to; there may be others above one that is not `whole`."""
    outcome = PolicyOutcome()
    on_the_way = [policies[name] for names, _ in way for name in names]
    hidden = ""
    for policy in on_the_way:
        if policy.faults:
            hidden = f"AWS refuses {policy.name}, so it is not known which policy is in force"
        elif policy.document is None:
            hidden = f"{policy.name}: {policy.fault}"
    if hidden:
        outcome.open = hidden
        outcome.unknown = dict.fromkeys((policy.name for policy in on_the_way), hidden)
        return outcome
    merged = merge([Level(_documents(names, policies), ordered) for names, ordered in way])
    outcome.faults += _refused(merged)
    missing = incomplete(merged.effective)
    faults = [*(missing if whole else ()), *excessive(merged.effective)]
    if faults:
        outcome.open = (
            f"the effective backup policy is not valid ({spelled(faults[0])}), so the last valid one, "
            "which is not known, stays in force"
        )
        outcome.faults += [(_last(merged, fault), "invalid", fault) for fault in faults]
        return outcome
    outcome.unknown |= {
        _last(merged, fault): what_is_unsaid(fault) for fault in open_elements(merged.effective)
    }
    for fault in missing:
        outcome.open = f"{spelled(fault)}, which another policy may give it"
        outcome.unknown[_last(merged, fault)] = outcome.open
    paths = [*(one.path for one in merged.undecided), *(fault.path for fault in missing)]
    undecided = {path[1] for path in paths if len(path) > 1}
    for one in merged.undecided:
        outcome.open = f"{'/'.join(one.path)}: {one.said}"
        outcome.unknown |= dict.fromkeys(one.policies, outcome.open)
    plans = merged.effective.get("plans", {}).items()
    decided = {"plans": {name: plan for name, plan in plans if name not in undecided}}
    for plan in plans_of(decided):
        outcome.plans.append((plan, merged.root.at(("plans", plan.name)).policies[-1]))
    outcome.by_order = [f"{'/'.join(path)} ({' before '.join(names)})" for path, names in merged.by_order]
    return outcome


def _last(merged: Merged, fault: Fault) -> str:
    """The last policy that is about what is wrong."""
    return merged.root.at(fault.path).policies[-1]


def _documents(
    names: Iterable[str], policies: Mapping[str, DeclaredPolicy]
) -> tuple[tuple[str, Mapping[str, object]], ...]:
    return tuple((name, policies[name].document or {}) for name in names)


def _refused(merged: Merged) -> Iterable[tuple[str, FaultKind, Fault]]:
    for one in merged.refused:
        what = one.operator or "the element"
        said = f"{what} is not allowed by {' and '.join(one.by)}"
        yield one.policy, "forbidden", Fault(one.path, said)
