"""Which subjects a control of AWS Backup Audit Manager is about (aws-backup.md 2.2).

What a framework asks is a fact like any other, so that one control judges by whatever is asked. A subject is
in the scope of a control where the framework has the control, the control evaluates its type, and the types,
the tag or the resource of the scope are its own. Only active resources are: no stopped EC2 instance.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, Lazy, constant, encode_array
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.point_tags import not_known, tags_of_points, untold_points
from auditor.evaluate.scope import ScopeFacts
from auditor.evidence.table_schemas import BACKUP_TAGS
from auditor.model.audit_controls import CONTROLS, FILE_SYSTEMS_DISPUTED, FILE_SYSTEMS_LEFT_OUT
from auditor.model.audit_manager import AskedControl

Bools = NDArray[np.bool_]


def of_resources(inventory: Inventory) -> dict[str, Fact]:
    """What is asked of the resources of an account and Region, by each control that is about resources."""

    def of(name: str) -> Fact:
        return lambda: _asked(inventory, name, inventory.size, partial(_resources, inventory))

    return {f"audit_manager.{kind.fact}": of(name) for name, kind in CONTROLS.items() if kind.types}


def of_others(
    inventory: Inventory,
    name: str,
    size: int,
    known: Callable[[], Sequence[Sequence[str]]],
    kinds: Callable[[], Sequence[str]] = tuple,
) -> dict[str, Fact]:
    """The same of plans, vaults or recovery points, by one control.

    `known` gives the names by which each of `size` may be asked for, `kinds` their types, "" where none is
    told.
    """

    def asked() -> Column:
        return _asked(inventory, name, size, lambda asked: _others(inventory, asked, size, known, kinds))

    return {f"audit_manager.{CONTROLS[name].fact}": asked}


def asked_about(scope: Column | Lazy) -> Bools:
    """Which subjects a control is asked about, or may be."""
    column = scope.column() if isinstance(scope, Lazy) else scope
    answer: Bools = np.array([*(value["in_scope"] for value in column.values), True], bool)[column.codes]
    return answer


def only_where(column: Column, chosen: Bools) -> Column:
    """The column, with what is not known of it left out for other subjects than the chosen."""
    holes = (
        Hole(hole.gaps, hole.mask(len(chosen)) & chosen, hole.partial, hole.passes) for hole in column.holes
    )
    return Column(column.codes, column.values, tuple(holes))


def _asked(inventory: Inventory, name: str, size: int, in_scope: Callable[[AskedControl], Column]) -> Column:
    """Whether each subject is in the scope of a control and, of those that are, what is asked."""
    out = {"in_scope": False}
    asked = inventory.scope.asked.asks(name)
    if asked is None:
        return constant(out, size)
    scope = in_scope(asked)
    values = [{"in_scope": True, **_parameters(asked)} if one else out for one in scope.values]
    return Column(scope.codes, values, scope.holes)


def _parameters(asked: AskedControl) -> Mapping[str, Any]:
    """The control's parameters as facts: hours, days and names."""
    facts = {path: read(asked, name) for name, (path, read) in _FACT_OF.items() if name in asked.parameters}
    return facts if asked.hours is None else {**facts, "hours": asked.hours}


def _days(asked: AskedControl, name: str) -> int | None:
    return asked.number(name)


def _names(asked: AskedControl, name: str) -> list[str]:
    return asked.names(name)


#: The fact that each parameter is, and how it is read.
_FACT_OF: Final[Mapping[str, tuple[str, Callable[[AskedControl, str], Any]]]] = {
    "requiredRetentionDays": ("retention_days", _days),
    "minRetentionDays": ("min_retention_days", _days),
    "maxRetentionDays": ("max_retention_days", _days),
    "maxRestoreTime": ("minutes", _days),
    "crossRegionList": ("regions", _names),
    "crossAccountList": ("accounts", _names),
    "principalArnList": ("principals", _names),
}


def _resources(inventory: Inventory, asked: AskedControl) -> Column:
    """Which resources are in the scope."""
    scope = inventory.scope
    types = [one for one in asked.kind.types if not asked.types or one in asked.types]
    chosen = np.isin(inventory.resource_type.astype(str), types)
    if asked.resource:
        chosen &= np.array([_is(asked.resource, arn) for arn in inventory.arn], bool)
    untold, unlike = _by_tag(asked, inventory.tags, chosen)
    state = _states(inventory, chosen)
    chosen &= state != 0
    holes, unsaid = [], chosen & (state < 0)
    files = _file_systems(inventory, asked, chosen)
    if (untold & chosen).any():
        holes.append(Hole(_untold(inventory, asked), untold & chosen))
    if unlike.any():
        holes.append(Hole((_any_value(scope, asked),), unlike & chosen))
    if unsaid.any():
        holes.append(Hole((_state_unknown(inventory),), unsaid))
    if (files & chosen).any():
        holes.append(Hole((_file_system_unknown(inventory, asked),), files & chosen))
    return encode_array(chosen, ~(chosen & (untold | unlike | unsaid | files)), *holes)


def _by_tag(
    asked: AskedControl, tags: Sequence[Mapping[str, str] | None], chosen: Bools
) -> tuple[Bools, Bools]:
    """Leave those of the chosen that have the tag of the scope, or may have it.

    Of whom the tags are not told, and who has the key with a value where the scope has none.
    """
    untold, unlike = np.zeros(len(chosen), bool), np.zeros(len(chosen), bool)
    if asked.tag is not None:
        key, value = asked.tag
        for index in np.flatnonzero(chosen).tolist():
            own = tags[index]
            if own is None:
                untold[index] = True
            elif not value and own.get(key):
                unlike[index] = True
            else:
                chosen[index] = own.get(key) == value
    return untold, unlike


def _any_value(scope: ScopeFacts, asked: AskedControl) -> str:
    said = f"The scope of {asked.name} has the tag {asked.tag[0] if asked.tag else ''} without a value: "
    said += "AWS does not say whether that is any value."
    return scope.unknown("CreateFramework", "Undecided", asked.name, said)


def _states(inventory: Inventory, chosen: Bools) -> NDArray[np.int8]:
    """Of the chosen resources: 1 an active one, 0 a stopped instance, -1 where that is not known."""
    answer = np.ones(inventory.size, np.int8)
    for index in np.flatnonzero(chosen & (inventory.resource_type == "EC2")).tolist():
        state = None if inventory.scope.past else inventory.states.get(inventory.arn[index])
        answer[index] = ABSENT if state is None else state
    return answer


def _file_systems(inventory: Inventory, asked: AskedControl, chosen: Bools) -> Bools:
    """Leave those of the chosen that are no file system of FSx that AWS does not evaluate.

    Of which of them it is not known.
    """
    unsure = np.zeros(inventory.size, bool)
    for index in np.flatnonzero(chosen & (inventory.resource_type == "FSx")).tolist():
        kind = inventory.file_system_types.get(inventory.arn[index])
        chosen[index] = kind != FILE_SYSTEMS_LEFT_OUT
        unsure[index] = kind is None or (asked.kind.copies and kind == FILE_SYSTEMS_DISPUTED)
    return unsure


def _others(
    inventory: Inventory,
    asked: AskedControl,
    size: int,
    known: Callable[[], Sequence[Sequence[str]]],
    kinds: Callable[[], Sequence[str]],
) -> Column:
    """Which plans, vaults or recovery points are in the scope."""
    scope, chosen, untyped = inventory.scope, np.ones(size, bool), np.zeros(size, bool)
    if asked.resource:
        chosen = np.array([asked.resource in names for names in known()], bool)
    if asked.types:
        told = kinds()
        chosen &= np.array([kind in ("", *asked.types) for kind in told], bool)
        untyped = np.array([not kind for kind in told], bool)
    untold, unlike = _by_tag(asked, _tags(inventory, asked, known), chosen)
    untyped &= chosen
    holes = []
    if unlike.any():
        holes.append(Hole((_any_value(scope, asked),), unlike))
    if untold.any():
        holes += _untold_tags(inventory, asked, known, untold)
    if (untyped & ~untold).any():
        why = "their types were not read"
        holes.append(Hole((not_known(scope, asked, why),), untyped & ~untold))
    return encode_array(chosen, ~(untold | untyped | unlike), *holes)


def _untold_tags(
    inventory: Inventory, asked: AskedControl, known: Callable[[], Sequence[Sequence[str]]], untold: Bools
) -> list[Hole]:
    """Why the tags of some plans, vaults or recovery points are not known."""
    if asked.kind.tags_listed:
        return list(untold_points(inventory, asked, [arn for (arn,) in known()], untold))
    scope = inventory.scope
    missing = scope.missing(BACKUP_TAGS) or (not_known(scope, asked, "their tags were not read"),)
    return [Hole(missing, untold)]


def _tags(
    inventory: Inventory, asked: AskedControl, known: Callable[[], Sequence[Sequence[str]]]
) -> Sequence[Mapping[str, str] | None]:
    """The tags of each plan, vault or recovery point, by its ARN, which is among the names `known`."""
    if asked.tag is None:
        return ()
    if asked.kind.tags_listed:
        return tags_of_points(inventory, [arn for (arn,) in known()])
    told = {row["arn"]: dict(row["tags"]) for row in inventory.read(BACKUP_TAGS).to_pylist()}
    return [next((told[name] for name in held if name in told), None) for held in known()]


def _is(wanted: str, arn: str) -> bool:
    """Whether a resource is the one of that ARN or id."""
    return wanted == arn or wanted == arn.split(":", 5)[-1].replace("/", ":").rpartition(":")[2]


def _untold(inventory: Inventory, asked: AskedControl) -> tuple[str, ...]:
    said = f"Which resources are in the scope of {asked.name} is not known: tags of some were not read."
    return inventory.scope.missing("resources") or (
        inventory.scope.unknown("GetResources", "NotRead", asked.name, said),
    )


def _file_system_unknown(inventory: Inventory, asked: AskedControl) -> str:
    scope = inventory.scope
    said = (
        f"Whether {asked.name} is about file systems of FSx in account {scope.account.account_id} and "
        f"{scope.region} is not known: FSx did not tell their types, or they are of NetApp ONTAP, of whose "
        "copies AWS's documents disagree."
    )
    return scope.unknown("DescribeFileSystems", "Undecided", asked.name, said)


def _state_unknown(inventory: Inventory) -> str:
    said = (
        f"Whether EC2 instances of account {inventory.scope.account.account_id} in {inventory.scope.region} "
        "ran at as_of is not known, and controls of Audit Manager are about those that run."
    )
    return inventory.scope.unknown("DescribeInstances", "Unknown", "state", said)
