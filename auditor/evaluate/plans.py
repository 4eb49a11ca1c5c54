"""Facts of the backup plans of one account and Region, as they stand at `as_of`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

import numpy as np
import pyarrow as pa

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.backup_tags import overtagged_fact
from auditor.evaluate.cadences import Cadences
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.lifecycles import days, lifecycles, targets
from auditor.evaluate.membership import (
    Membership,
    answering,
    memberships,
    unread_rules,
)
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.plan_rules import of_plan
from auditor.evaluate.quotas import quotas
from auditor.evaluate.selection_roles import role_facts
from auditor.model.plans import BackupPlan, Rule


def plan_frame(inventory: Inventory, whole: OrganizationSums, as_of: datetime) -> Frame:
    """One subject for each plan."""
    plans = inventory.current_plans
    unread = [unread_rules(inventory, [plan]) for plan in plans]
    return Frame(
        subject="plan",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(plan.arn for plan in plans),
        resource_type=pa.repeat(EMPTY, len(plans)),
        name=texts(plan.name for plan in plans),
        facts=Deferred(
            {
                "plan.name": encode([plan.name for plan in plans]),
                "plan.version_id": encode([plan.version_id for plan in plans]),
                "plan.rules": encode(
                    [None if plan.fault else [_rule(rule) for rule in plan.rules] for plan in plans],
                    *holes_of(unread),
                ),
                "plan.quotas": quotas(inventory, plans, unread),
                "plan.overtagged": lambda: overtagged_fact(inventory, plans, unread),
                "plan.cold": encode(
                    [None if plan.fault else _cold(plan) for plan in plans], *holes_of(unread)
                ),
                **_tiers(inventory, plans, as_of),
                "lifecycles": lifecycles(inventory, whole, plans, as_of),
                "targets": targets(inventory, whole, plans),
                **role_facts(inventory, plans),
            }
        )
        | of_plan(inventory),
        units=inventory.scope.account.ou_path,
    )


def _rule(rule: Rule) -> dict[str, Any]:
    facts = {
        "name": rule.name,
        "schedule": rule.schedule,
        "timezone": rule.timezone,
        "start_window_hours": rule.start_window_minutes / 60,
        "completion_window_hours": rule.completion_window_minutes / 60,
        "continuous": rule.continuous,
        "target_vault": rule.target_vault,
        **days(rule.lifecycle),
    }
    air_gapped = rule.air_gapped_vault_arn
    return facts | ({"air_gapped_vault_arn": air_gapped} if air_gapped else {})


def _cold(plan: BackupPlan) -> list[dict[str, Any]]:
    entries = [
        (rule.name, kind, lifecycle)
        for rule in plan.rules
        for kind, lifecycle in (
            ("backup", rule.lifecycle),
            *(("copy", copy.lifecycle) for copy in rule.copy_actions),
        )
    ]
    return [
        {"rule": name, "kind": kind, "move_to_cold_after_days": lifecycle.move_to_cold_after_days}
        | days(lifecycle)
        for name, kind, lifecycle in entries
        if lifecycle.move_to_cold_after_days is not None
    ]


def _tiers(inventory: Inventory, plans: Sequence[BackupPlan], as_of: datetime) -> dict[str, Column]:
    """The tiers that each plan surely protects, and the cadence of their backups; both may be incomplete."""
    members = answering(inventory)
    cadences = Cadences(inventory, memberships(inventory), as_of)
    missing = inventory.scope.missing(*SELECTION_TABLES)
    tiers: list[list[dict[str, Any]]] = []
    open_tiers: list[tuple[str, ...]] = []
    paces: list[list[dict[str, Any]] | None] = []
    open_paces: list[tuple[str, ...]] = []
    for number, plan in enumerate(plans):
        member = members[plan.plan_id]
        held = _tiers_of(inventory, member)
        tiers.append(held)
        gaps = {*missing, *inventory.scope.missing("resources"), *_open_tiers(inventory, member, held)}
        open_tiers.append(tuple(sorted(gaps)))
        entries, unsure = _paces(inventory, cadences, number, member, held)
        paces.append(None if missing else entries)
        open_paces.append(tuple(sorted(gaps | unsure)))
    return {
        "tiers": encode(tiers, *holes_of(open_tiers, partial=True)),
        # a selection or a plan that was not read may make the backups more frequent
        "cadences": encode(paces, Hole(missing), *holes_of(open_paces, partial=True)),
    }


def _tiers_of(inventory: Inventory, member: Membership) -> list[dict[str, Any]]:
    answer = []
    for code in np.unique(inventory.tier[member.sure]).tolist():
        if code != ABSENT:
            name, count = inventory.tier_names[code], int((member.sure & (inventory.tier == code)).sum())
            answer.append({"name": name, **inventory.scope.tiers.tiers[name], "resources": count})
    return answer


def _open_tiers(inventory: Inventory, member: Membership, held: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the gaps for which the plan may protect a further tier that asks for something."""
    names = {tier["name"] for tier in held}
    asking = [
        name not in names and bool(tier.get("required")) for name, tier in inventory.scope.tiers.tiers.items()
    ]
    may_ask = np.array([*asking, True], bool)[inventory.tier]  # the last is for a tier that is not known
    gaps = set(member.gaps(may_ask))
    if (may_ask & (member.sure | member.undecided) & (inventory.tier == ABSENT)).any():
        gaps.update(inventory.tier_gaps())
    return gaps


def _paces(
    inventory: Inventory,
    cadences: Cadences,
    number: int,
    member: Membership,
    held: Sequence[Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], set[str]]:
    """The cadence of each tier that the plan of this number surely protects, and why one may be worse."""
    answer, gaps = [], set[str]()
    for tier in held:
        of_tier = inventory.tier == inventory.tier_names.index(tier["name"])
        rpo = tier.get("rpo_hours")
        pace = cadences.of(member.sure & of_tier, inf if rpo is None else rpo)
        answer.append({**tier, **pace.facts()})
        if rpo is None:  # it asks for no cadence
            continue
        gaps |= pace.gaps
        undecided = member.undecided & of_tier
        further = cadences.of(undecided, rpo, plan=number)
        if undecided.any() and (further.gaps or further.exceeds(rpo)):
            gaps |= {*further.gaps, *member.gaps(undecided)}
    return answer, gaps
