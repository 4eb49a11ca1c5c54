"""Facts of the resources of one account and Region."""

from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np

from auditor.derive.columns import ABSENT
from auditor.evaluate import audit_manager
from auditor.evaluate.apart import apart_facts
from auditor.evaluate.arrow import texts
from auditor.evaluate.attainment import attainment_facts
from auditor.evaluate.carriers import carrier_decisions, read_backups, with_carried
from auditor.evaluate.causes import unselected
from auditor.evaluate.clean import clean_facts
from auditor.evaluate.completion import completion_facts
from auditor.evaluate.copies import SeenCopies, copy_facts
from auditor.evaluate.copy_keys import copy_key_facts
from auditor.evaluate.deferred import Deferred, Fact
from auditor.evaluate.deletions import deletion_facts
from auditor.evaluate.existence import NO_SIGN, restless
from auditor.evaluate.expected import EXPECTED_TABLES, expected_backups, slot_facts
from auditor.evaluate.facts import Column, Frame, Hole, Lazy, encode, encode_array, unread
from auditor.evaluate.held_copies import held_facts
from auditor.evaluate.history import JobHistory
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import memberships, protecting
from auditor.evaluate.native import native_facts
from auditor.evaluate.native_times import restorable_facts
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.points import points
from auditor.evaluate.population import Population
from auditor.evaluate.promised_copies import promised_copies, unread_copies
from auditor.evaluate.records import LED, JobRecords
from auditor.evaluate.recovery_points import tier_values
from auditor.evaluate.restores import restore_facts
from auditor.evaluate.source_keys import recorded_source_keys, source_key_facts
from auditor.evaluate.tagged import tagged
from auditor.evaluate.timeline import backup_facts
from auditor.evaluate.times import HOUR_MS, Period, rfc3339
from auditor.evaluate.vault_keys import KeyOf


def resource_frame(
    inventory: Inventory, whole: OrganizationSums, period: Period, *, deleted: bool = False
) -> Frame:
    """One subject for each resource of the inventory; `deleted` says that they are gone."""
    created = inventory.created_ms
    declared = declared_facts(inventory)
    here = (inventory.scope.account.account_id, inventory.scope.region)
    copies, led = ([with_carried(inventory, table) for table in of[here]] for of in (whole.copies, whole.led))
    history = JobHistory(inventory)
    jobs = JobRecords(inventory, history, whole.spoilt_copies, led)
    seen_copies = SeenCopies(inventory, copies, led, jobs, period)
    usable = cache(partial(points, inventory, copies, jobs, period))
    expected = None
    if not inventory.scope.missing(*EXPECTED_TABLES):
        expected = expected_backups(inventory, history, period)
    seen = inventory.seen_ms
    facts: dict[str, Fact] = {
        "resource.age_hours": encode_array(
            (period.end_ms - created) / HOUR_MS, (created != ABSENT) & ~restless(inventory.resource_type)
        ),
        "resource.seen_hours": encode_array((period.end_ms - seen) / HOUR_MS, seen != NO_SIGN),
        "resource.created_at": Lazy(
            lambda index: None if created[index] == ABSENT else rfc3339(created[index]), inventory.size
        ),
    }
    return Frame(
        subject="resource",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(inventory.arn),
        resource_type=texts(inventory.resource_type),
        name=texts(inventory.name),
        facts=Deferred(facts)
        | declared
        | restorable_facts(inventory, period, usable)
        | backup_facts(inventory, usable, jobs, expected, period, declared["protection.cause"])
        | slot_facts(inventory, expected)
        | attainment_facts(inventory, expected)
        | copy_facts(seen_copies, declared["protection.cause"])
        | copy_key_facts(inventory, lambda: declared["protection.account_copies"], period)
        | held_facts(seen_copies, whole.locks)
        | apart_facts(seen_copies, usable, whole.locks)
        | restore_facts(
            inventory,
            whole.restores[here],
            whole.unnamed_restores,
            lambda: [*copies, read_backups(inventory, "copy_jobs", LED), *led],
            period,
        )
        | clean_facts(inventory, period)
        | completion_facts(inventory, history, period)
        | deletion_facts(inventory, jobs)
        | audit_manager.of_resource(inventory, period),
        deleted=deleted,
        population=Population(inventory, expected),
        units=inventory.scope.account.ou_path,
        has_tag=tagged(inventory.tags),
    )


def declared_facts(inventory: Inventory, keys: Callable[[], KeyOf] | None = None) -> Deferred:
    """The facts that need nothing but resources, plans and selections, recorded or only declared.

    `keys` makes those of the resources, where they are not as they were read.
    """
    facts = {"tier": _tier(inventory), "resource.type": encode(list(inventory.resource_type))}
    protection = Deferred(_protection(inventory))
    native = native_facts(inventory, lambda: protection["protection.selected"])
    keyed = source_key_facts(inventory, keys or (lambda: recorded_source_keys(inventory)))
    return Deferred(facts) | keyed | protection | native


def _tier(inventory: Inventory) -> Column:
    """A resource whose tags or OU path could not be read has no tier, and the failed call says why."""
    hole = Hole(inventory.tier_gaps(), inventory.tier == ABSENT)
    return Column(inventory.tier, tier_values(inventory), (hole,))


def _protection(inventory: Inventory) -> Mapping[str, Fact]:
    missing = inventory.scope.missing(*SELECTION_TABLES)
    if missing:
        nothing = unread(inventory.size, missing)
        hidden = ("selected", "plans", "explanation", "cause")
        return {f"protection.{name}": nothing for name in hidden} | unread_copies(inventory, missing)
    members = memberships(inventory)
    plans = [plan for plan in inventory.current_plans if plan.rules]
    selected = np.zeros(inventory.size, bool)
    for plan in plans:
        selected |= members[plan.plan_id].sure
    doubts = list(protecting(inventory, members))
    undecided = np.zeros(inventory.size, bool)
    for doubt in doubts:
        undecided |= doubt.where
    # no control asks whether what needs no backup is protected: that it is undecided is no gap
    required = [name for name, tier in inventory.scope.tiers.tiers.items() if tier["required"]]
    codes = [ABSENT, *(inventory.tier_names.index(name) for name in required)]
    asked = np.isin(inventory.tier, codes) & ~selected
    holes = (Hole((doubt.gap_id,), doubt.where & asked) for doubt in doubts)

    def names(index: int) -> list[str]:
        return [plan.name for plan in plans if members[plan.plan_id].sure[index]]

    return {
        "protection.selected": encode_array(selected, selected | ~undecided, *holes),
        "protection.plans": Lazy(names, inventory.size),
        "protection.explanation": Lazy(lambda index: explanations(inventory, index), inventory.size),
        "protection.cause": unselected(inventory, selected),
        **promised_copies(inventory, members, selected, doubts),
    }


def explanations(inventory: Inventory, index: int) -> list[str]:
    """For each selection one sentence that says why it selects the resource, or not; so of its carriers."""
    plan_names = {plan.plan_id: plan.name for plan in inventory.current_plans}
    decisions = (*enumerate(inventory.decide(index)), *carrier_decisions(inventory, index))
    return [
        f"{plan_names.get(selection.plan_id, '?')} / {selection.name}: {'; '.join(decision.steps)}"
        for selection, decision in ((inventory.selections[row], decision) for row, decision in decisions)
    ]
