"""The changes from what an account has in a Region to what it must have. Pure.

The order of the changes is the order in which they can be applied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from auditor.model.organization import Account
from auditor.model.resource_types import TYPES
from auditor.push.changes import OWNER_TAG, Action, Change, ChangeKind, ChangeStatus
from auditor.push.desired import Desired
from auditor.push.lock_change import lock_change
from auditor.push.normal import plan_document, selection_document
from auditor.push.state import PlanState, RegionState

_NOT_OURS = (
    "{kind} {name} is there and does not carry the tag {key}={value}: give it the tag to hand it over, or "
    "choose another organization.name_prefix in parameters.yaml."
)


def difference(
    account: Account, region: str, desired: Desired, state: RegionState, *, as_of: datetime
) -> list[Change]:
    """Every change of one account and Region, those with nothing to do included."""
    new = partial(Change, account.account_id, account.name, region, token=as_of.isoformat())
    if desired.problems:
        return [
            new(ChangeKind.POLICY, "desired state", Action.NONE).failed(problem)
            for problem in desired.problems
        ]
    return [
        *_settings(new, desired, state),
        *chain.from_iterable(_vault(new, vault, state, as_of) for vault in desired.vaults),
        *_plans(new, desired, state),
    ]


def _settings(new: partial[Change], desired: Desired, state: RegionState) -> Iterator[Change]:
    """Turn on what is needed and still off; the whole map is sent, so that nothing else can change.

    What a Region does not name is left out, with a warning; without one where it is a type that is not in
    every Region.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    warnings = []
    for member, needed, present in (
        ("ResourceTypeOptInPreference", desired.opt_in, state.opt_in),
        ("ResourceTypeManagementPreference", desired.full_management, state.management),
    ):
        before[member] = dict(present)
        after[member] = {**present, **{kind: True for kind in needed if kind in present}}
        warnings += [
            f"AWS Backup names no setting {member} for {kind} in {new.args[2]}: it was left out."
            for kind in needed
            if kind not in present and not (kind in TYPES and TYPES[kind].somewhere)
        ]
    action = Action.NONE if before == after else Action.UPDATE
    yield _settled(
        new(
            ChangeKind.SETTINGS,
            "Region settings",
            action,
            before=before,
            after=after,
            warnings=tuple(warnings),
        )
    )


def _vault(
    new: partial[Change], vault: Mapping[str, Any], state: RegionState, as_of: datetime
) -> Iterator[Change]:
    """A vault and its lock. A vault's key cannot be changed (aws-backup.md 1.1 row 10)."""
    name, alias = vault["name"], vault["key_alias"]
    present, key_arn = state.vaults.get(name), state.keys.get(alias, "")
    after = {"BackupVaultName": name, "EncryptionKeyArn": key_arn}
    before = {"BackupVaultName": name, "EncryptionKeyArn": present.key_arn} if present else None
    action = Action.NONE if before == after else Action.UPDATE if present else Action.CREATE
    change = new(ChangeKind.VAULT, name, action, before=before, after=after)
    if present and not present.owned:
        yield replace(change, action=Action.CREATE).failed(_not_ours("Vault", name))
        return
    if not key_arn:
        yield change.failed(
            f"{alias} names no enabled KMS key here: make the key and alias, then push again."
        )
    elif action is Action.UPDATE:
        yield change.failed(
            f"Vault {name} has another key than {alias}, and a vault's key cannot be changed: point the "
            "alias at the vault's key, or choose another organization.name_prefix in parameters.yaml."
        )
    else:
        yield _settled(change)
    if present or key_arn:
        yield _settled(lock_change(new, name, vault["lock"], present.lock if present else None, as_of))


def _plans(new: partial[Change], desired: Desired, state: RegionState) -> Iterator[Change]:
    """Plans, then new selections, then deletions, so that nothing is unprotected in between."""
    present: dict[str, PlanState] = {}
    for plan in sorted(state.plans, key=lambda plan: not plan.owned):
        present.setdefault(plan.name, plan)
    kept: dict[str, PlanState] = {}
    stale: list[Change] = []
    selections: list[Change] = []
    for row in desired.plans:
        name, there = row["name"], present.get(row["name"])
        after = plan_document(row["document"])
        if there and not there.owned:
            yield new(ChangeKind.PLAN, name, Action.CREATE, after=after).failed(_not_ours("Plan", name))
            continue
        before, aws_id = (there.document, there.plan_id) if there else (None, "")
        action = Action.NONE if before == after else Action.UPDATE if there else Action.CREATE
        yield _settled(new(ChangeKind.PLAN, name, action, before=before, after=after, aws_id=aws_id))
        if there:
            kept[name] = there
        for change in _selections(new, name, desired, there):
            (stale if change.action is Action.DELETE else selections).append(change)
    yield from selections
    yield from stale
    for plan in state.plans:
        if plan.owned and plan is not kept.get(plan.name):
            yield from _obsolete(new, plan)


def _selections(
    new: partial[Change], plan: str, desired: Desired, there: PlanState | None
) -> Iterator[Change]:
    """The selections of one plan. The plan is ours, so a selection that is not desired is deleted."""
    present = {entry.name: entry for entry in there.selections} if there else {}
    selection = partial(new, ChangeKind.SELECTION, parent=plan, parent_id=there.plan_id if there else "")
    wanted = {
        row["document"]["SelectionName"]: selection_document(row["document"])
        for row in desired.selections
        if row["plan"] == plan
    }
    for name, after in wanted.items():
        old = present.get(name)
        before, aws_id = (old.document, old.selection_id) if old else (None, "")
        action = Action.NONE if before == after else Action.UPDATE if old else Action.CREATE
        yield _settled(selection(name, action, before=before, after=after, aws_id=aws_id))
    for entry in there.selections if there else ():
        if entry is not present.get(entry.name) or entry.name not in wanted:
            yield selection(entry.name, Action.DELETE, before=entry.document, aws_id=entry.selection_id)


def _obsolete(new: partial[Change], plan: PlanState) -> Iterator[Change]:
    """Delete a plan of ours that no tier asks for any more; its backups stay (aws-backup.md 1.1 row 2)."""
    for entry in plan.selections:
        yield new(
            ChangeKind.SELECTION,
            entry.name,
            Action.DELETE,
            before=entry.document,
            parent=plan.name,
            aws_id=entry.selection_id,
            parent_id=plan.plan_id,
        )
    warning = (
        f"Plan {plan.name} is deleted, as no tier asks for it: it makes no more backups, and those that it "
        "made stay."
    )
    yield new(
        ChangeKind.PLAN,
        plan.name,
        Action.DELETE,
        before=plan.document,
        aws_id=plan.plan_id,
        warnings=(warning,),
    )


def _settled(change: Change) -> Change:
    """A change with nothing to do is done."""
    if change.action is Action.NONE and change.outcome is ChangeStatus.PLANNED:
        return change.done()
    return change


def _not_ours(kind: str, name: str) -> str:
    key, value = OWNER_TAG
    return _NOT_OURS.format(kind=kind, name=name, key=key, value=value)
