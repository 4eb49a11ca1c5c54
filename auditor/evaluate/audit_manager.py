"""What controls of AWS Backup Audit Manager look at, as that service sees it (aws-backup.md 2.2).

It looks at one account and Region: which plans select a resource by itself, what their rules say, and the
newest recovery point there. It does not look at jobs, at copies elsewhere, or at what was there before.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cache, cached_property, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.asked import asked_about, of_others, of_resources, only_where
from auditor.evaluate.columns import among, coded, local_index, milliseconds
from auditor.evaluate.deferred import Deferred, Fact
from auditor.evaluate.facts import Column, Hole, encode, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.locks import lock_gap, retention_range
from auditor.evaluate.membership import Membership, selected_by, unread_rules
from auditor.evaluate.opt_in import EveryTypeOptedIn
from auditor.evaluate.points import USABLE, continuous, unmade
from auditor.evaluate.restored import restored, undated, unnamed
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.times import HOUR_MS, MINUTE_MS, Period, epoch_ms
from auditor.model.arn import place_of
from auditor.model.plans import BackupPlan, Rule

Bools = NDArray[np.bool_]
_Members = Callable[[], Mapping[str, Membership]]

#: The tables without which it is not known which plans select a resource, whatever is opted in.
_TABLES: Final = ("backup_plans", "backup_selections")
#: What an inventory keeps that is the same whatever is opted in; the rest is made anew.
_KEPT: Final = ("plans", "current_plans", "selections", "_newest_jobs")
#: What there is to restore from, whole or not.
_MADE: Final = (*USABLE, "PARTIAL", "STOPPED", "EXPIRED")
_POINTS: Final = (
    *("arn", "vault_arn", "resource_arn", "resource_type", "status", "created_at", "completed_at"),
    "source_vault_arn",
)


def of_resource(inventory: Inventory, period: Period) -> Deferred:
    """The facts of resources; what is not known of one that no control asks about is no gap."""
    asked = Deferred(of_resources(inventory))
    points, members = cache(partial(_points, inventory)), cache(partial(_selected_by, inventory))
    made: dict[str, tuple[str, Callable[[], Column]]] = {
        "selected": ("protected", lambda: _selected(inventory, members)),
        "copy_regions": ("cross_region", lambda: _copies_to(inventory, members, region=True)),
        "copy_accounts": ("cross_account", lambda: _copies_to(inventory, members, region=False)),
        "locks": ("vault_lock", lambda: _locks(inventory, members)),
        "newest_hours": ("last_point", lambda: _newest(inventory, points(), period)),
        "goes_on": ("last_point", lambda: _goes_on(inventory, points())),
        "restore_minutes": ("restore_time", lambda: _restore_minutes(inventory)),
        "air_gapped_hours": (
            "air_gapped",
            lambda: _newest(inventory, _air_gapped(inventory, points()), period),
        ),
    }

    def fact(control: str, make: Callable[[], Column]) -> Fact:
        return lambda: only_where(make(), asked_about(asked[f"audit_manager.{control}"]))

    return asked | {f"audit_manager.{name}": fact(*how) for name, how in made.items()}


def of_recovery_point(inventory: Inventory, arns: pa.Array, types: pa.Array) -> dict[str, Fact]:
    """The facts of recovery points with these ARNs and types."""

    def names() -> list[tuple[str, ...]]:
        return [(arn,) for arn in arns.to_pylist()]

    facts: dict[str, Fact] = {}
    for name in ("BACKUP_RECOVERY_POINT_ENCRYPTED", "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK"):
        facts |= of_others(inventory, name, len(arns), names, types.to_pylist)
    return facts


def _selected(inventory: Inventory, members_of: _Members) -> Column:
    """Whether a plan selects each by itself: an image of an instance protects no volume here."""
    missing = inventory.scope.missing(*_TABLES)
    if missing:
        return unread(inventory.size, missing)
    members = members_of().values()
    selected = np.zeros(inventory.size, bool)
    for member in members:
        selected |= member.sure
    doubts = [doubt for member in members for doubt in member.doubts]
    open_ = np.zeros(inventory.size, bool)
    for doubt in doubts:
        open_ |= doubt.where
    holes = (Hole((doubt.gap_id,), doubt.where & ~selected) for doubt in doubts)
    return encode_array(selected, selected | ~open_, *holes)


def _selected_by(inventory: Inventory) -> Mapping[str, Membership]:
    """What each plan selects by itself, whatever is opted in: no rule of AWS Config sees that."""
    seen = copy(inventory)
    for name in vars(inventory).keys() - _KEPT:
        if isinstance(getattr(type(inventory), name, None), cached_property):
            delattr(seen, name)
    seen.opt_in = EveryTypeOptedIn()
    return selected_by(seen)


def _of_plans(
    inventory: Inventory,
    members_of: _Members,
    say: Callable[[BackupPlan], list[Any]],
    untold: Callable[[BackupPlan], Sequence[str]] = lambda _: (),
) -> Column:
    """What the plans say that select each resource; more of it could only take a finding away.

    `untold` are the gaps because of which a plan may say more, beside those of its document.
    """
    missing = inventory.scope.missing(*_TABLES)
    if missing:
        return unread(inventory.size, missing)
    members = members_of()
    said: list[list[Any]] = [[] for _ in range(inventory.size)]
    holes = []
    for plan in inventory.current_plans:
        member, told = members[plan.plan_id], say(plan)
        unknown = (*unread_rules(inventory, [plan]), *untold(plan))
        for index in np.flatnonzero(member.sure).tolist():
            said[index] += [one for one in told if one not in said[index]]
        holes += [Hole((gap_id,), member.sure, partial=True, passes=True) for gap_id in unknown]
        if told or unknown:
            holes += [
                Hole((doubt.gap_id,), doubt.where & ~member.sure, partial=True, passes=True)
                for doubt in member.doubts
            ]
    return encode(said, *holes)


def _copies_to(inventory: Inventory, members: _Members, *, region: bool) -> Column:
    """The other Regions, or accounts, that the selecting plans copy to, as their rules say; sorted."""
    part = int(region)
    home = (inventory.scope.account.account_id, inventory.scope.region)[part]

    def say(plan: BackupPlan) -> list[Any]:
        vaults = (copy.destination_vault_arn for rule in plan.rules for copy in rule.copy_actions)
        return sorted({place_of(vault)[part] for vault in vaults} - {"", home})

    return _of_plans(inventory, members, say)


def _locks(inventory: Inventory, members: _Members) -> Column:
    """The locks of the vaults that the rules of the selecting plans name.

    An air-gapped one that a rule names beside its vault is locked; AWS does not say whether that counts.
    """
    scope = inventory.scope
    missing = scope.missing("backup_vaults")
    if missing:
        return unread(inventory.size, missing)
    vaults = {vault.name: vault for vault in inventory.vaults}
    unsure: dict[str, tuple[str, ...]] = {}
    for name in sorted({rule.target_vault for plan in inventory.current_plans for rule in plan.rules}):
        vault = vaults.get(name)
        if vault:
            unsure[name] = lock_gap(scope, vault.arn, vault.lock)
        elif scope.past:
            said = f"The lock that vault {name} had at as_of is not known: it was read later."
            unsure[name] = (scope.unknown("ListBackupVaults", "ReadLater", name, said),)

    def say(plan: BackupPlan) -> list[Any]:
        return [
            {"vault": name, **retention_range(vaults[name].lock)}
            for name in dict.fromkeys(rule.target_vault for rule in plan.rules)
            if name in vaults and vaults[name].lock.locked and not unsure[name]
        ]

    def untold(plan: BackupPlan) -> list[str]:
        names = {rule.target_vault for rule in plan.rules}
        gaps = [gap_id for name, ids in unsure.items() if name in names for gap_id in ids]
        return [*gaps, *(_air_gapped_too(scope, rule) for rule in plan.rules if rule.air_gapped_vault_arn)]

    return _of_plans(inventory, members, say, untold)


def _air_gapped_too(scope: ScopeFacts, rule: Rule) -> str:
    said = (
        f"A rule backs up into {rule.air_gapped_vault_arn} too, which is locked as all such vaults are: "
        "AWS does not say whether Audit Manager counts its lock."
    )
    return scope.unknown("GetBackupPlan", "Undecided", rule.air_gapped_vault_arn, said)


def _points(inventory: Inventory) -> pa.Table:
    """The recovery points here that count, with `source_vault_arn` null or of this account and Region."""
    table = inventory.read("recovery_points", _POINTS)
    here = (inventory.scope.account.account_id, inventory.scope.region)
    source, vaults = coded(table["source_vault_arn"])
    made_here = np.array([*(place_of(vault) == here for vault in vaults), True], bool)[source]
    chosen = made_here & among(table["status"], _MADE) & ~unmade(table, inventory)
    return table.filter(pa.array(chosen))


def _newest(inventory: Inventory, table: pa.Table, period: Period) -> Column:
    """Hours since the creation of the newest recovery point; absent where there is none."""
    missing = inventory.scope.missing("recovery_points", "backup_vaults")
    index, created = local_index(table["resource_arn"], inventory.index), milliseconds(table["created_at"])
    newest = np.full(inventory.size, ABSENT, np.int64)
    known = (index != ABSENT) & (created != ABSENT)
    np.maximum.at(newest, index[known], created[known])
    holes = [Hole(missing or _deleted_later(inventory), partial=True, passes=True)]
    return encode_array((period.end_ms - newest) / HOUR_MS, newest != ABSENT, *holes)


def _deleted_later(inventory: Inventory) -> tuple[str, ...]:
    """The id of the gap for which a recovery point may have been there at `as_of` that is not listed."""
    scope = inventory.scope
    if not scope.past:
        return ()
    said = (
        f"The recovery points of account {scope.account.account_id} in {scope.region} were read long after "
        "as_of: one that was deleted in between is not listed."
    )
    return (scope.unknown("ListRecoveryPointsByBackupVault", "ReadLater", "deleted", said),)


def _restore_minutes(inventory: Inventory) -> Column:
    """Minutes that the newest completed restore of each took that ran here; absent where there is none."""
    missing = inventory.scope.missing("restore_jobs")
    if missing:
        return unread(inventory.size, missing)
    jobs = restored(inventory)
    over = milliseconds(jobs["completed_at"]) <= epoch_ms(inventory.scope.as_of)
    jobs = jobs.filter(pa.array(over & among(jobs["status"], ("COMPLETED",))))
    index = local_index(jobs["resource_arn"], inventory.index)
    began, ended = milliseconds(jobs["began_at"]), milliseconds(jobs["completed_at"])
    known = (index != ABSENT) & (began != ABSENT) & (ended != ABSENT)
    newest, minutes = np.full((2, inventory.size), ABSENT, np.float64)
    for row in np.flatnonzero(known).tolist():
        if ended[row] >= newest[index[row]]:
            newest[index[row]] = ended[row]
            minutes[index[row]] = (ended[row] - began[row]) / MINUTE_MS
    holes = [Hole(ids, where) for ids, where in unnamed(inventory, jobs)]
    where = np.isin(np.arange(inventory.size), index[(began == ABSENT) | (ended == ABSENT)])
    if where.any():
        holes.append(Hole((undated(inventory),), where))
    return encode_array(minutes, newest != ABSENT, *holes)


def _goes_on(inventory: Inventory, table: pa.Table) -> Column:
    """Whether a continuous recovery point goes on, whose creation says nothing of what it has by now."""
    rows = continuous(table) & among(table["status"], USABLE)
    index = local_index(table["resource_arn"], inventory.index)[rows]
    answer = np.zeros(inventory.size, bool)
    answer[index[index != ABSENT]] = True
    return encode_array(answer)


def _air_gapped(inventory: Inventory, table: pa.Table) -> pa.Table:
    """Those in logically air-gapped vaults."""
    gapped = {vault.arn for vault in inventory.vaults if vault.lock.air_gapped}
    return table.filter(pa.array(among(table["vault_arn"], gapped)))
