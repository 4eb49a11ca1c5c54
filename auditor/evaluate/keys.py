"""Facts of the keys that the vaults and recovery points of one account and Region are encrypted with."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.derive.key_state import GONE, key_state
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.columns import coded_rows
from auditor.evaluate.custody import CUSTODIANS, custody_fact
from auditor.evaluate.facts import Frame, encode
from auditor.evaluate.guard_rails import ControlPolicies
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.arn import place_of
from auditor.model.key_managers import OWNED_BY_AWS

_OPERATION: Final = "DescribeKey"
_KEY: Final = ("encryption_key_arn", "encryption_key_type")


def key_frame(inventory: Inventory, policies: ControlPolicies) -> Frame:
    """One subject for each key, by its ARN, but for those that belong to AWS, which nobody can take away.

    `policies` are the control policies of the organization.
    """
    users: defaultdict[str, list[str]] = defaultdict(list)
    for vault in inventory.read("backup_vaults", ["name", *_KEY]).to_pylist():
        if vault["encryption_key_arn"] and vault["encryption_key_type"] != OWNED_BY_AWS:
            users[vault["encryption_key_arn"]].append(vault["name"])
    points = _points(inventory)
    told = {row["arn"]: row for row in inventory.read("keys").to_pylist()}
    arns = sorted({*users, *points})
    known = [_state(inventory, arn, told) for arn in arns]
    gaps = [ids for _, ids in known]
    ends = [told.get(arn, {}).get("deletion_at") for arn in arns]
    return Frame(
        subject="key",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(arns),
        resource_type=pa.repeat(EMPTY, len(arns)),
        name=pa.repeat(EMPTY, len(arns)),
        facts={
            "key.state": encode([state for state, _ in known], *holes_of(gaps)),
            CUSTODIANS: custody_fact(inventory, arns, told, policies),
            "key.vaults": encode([sorted(users.get(arn, ())) for arn in arns]),
            "key.recovery_points": encode([points[arn] for arn in arns]),
            "key.deletion_at": encode([None if end is None else rfc3339(epoch_ms(end)) for end in ends]),
        },
        units=inventory.scope.account.ou_path,
    )


def _points(inventory: Inventory) -> Counter[str]:
    """How many recovery points name each key."""
    table = inventory.read("recovery_points", _KEY)
    rows, keys = coded_rows(*(table[name] for name in _KEY))
    found: Counter[str] = Counter()
    for (arn, kind), count in zip(keys, np.bincount(rows, minlength=len(keys)).tolist(), strict=True):
        if arn and kind != OWNED_BY_AWS:
            found[arn] += count
    return found


def _state(
    inventory: Inventory, arn: str, told: Mapping[str, Mapping[str, Any]]
) -> tuple[str | None, tuple[str, ...]]:
    """The state of a key, or the gaps because of which it is not known."""
    scope = inventory.scope

    def unknown(error: str, clause: str) -> tuple[str | None, tuple[str, ...]]:
        said = f"The state of key {arn} is not known: {clause}."
        return None, (scope.unknown(_OPERATION, error, arn, said),)

    if scope.past:
        return unknown("ReadLater", "it was read long after as_of")
    if arn not in told:
        gaps = scope.missing("keys")
        return (None, gaps) if gaps else unknown("NotRead", "it is not in the evidence")
    row = told[arn]
    if row["state"] is None and row["key_manager"] is None:
        if place_of(arn) == (scope.account.account_id, scope.region):
            return GONE, ()
        return unknown("Unknown", f"KMS does not know it in {scope.region}, and it is of another place")
    state = key_state(row["state"])
    return (state, ()) if state else unknown("Unknown", f"KMS tells the state {row['state'] or 'none'}")
