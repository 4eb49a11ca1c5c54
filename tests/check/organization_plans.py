"""Plans of Terraform with roots, units, accounts, and backup policies that are attached to them."""

import json
from collections.abc import Sequence
from typing import Any

from tests.check.terraform import Later, Plan

Json = dict[str, Any]

ROOT = "r-ab12"
ORGANIZATION = "aws_organizations_organization.this"
UNIT = "aws_organizations_organizational_unit"
MEMBER = "aws_organizations_account"


def root(made: Plan) -> Later:
    """The root of an organization that the plan makes."""
    made.add(
        ORGANIZATION,
        feature_set="ALL",
        id=Later("o-1"),
        roots=Later([{"id": ROOT, "name": "Root"}]),
        master_account_id=Later("999999999999"),
    )
    return Later(ROOT, [f"{ORGANIZATION}.roots[0].id"])


def unit(made: Plan, name: str, parent: Any, unit_id: str = "", address: str = "") -> Later:
    """A unit; what it gives is its id."""
    found = unit_id or f"ou-ab12-{sum(map(ord, name)):08}"
    address = address or f"{UNIT}.{name}"
    made.add(address, name=name, parent_id=parent, id=Later(found))
    return Later(found, [f"{address}.id"])


def member(made: Plan, name: str, parent: Any, number: str, address: str = "") -> Later:
    """An account of a number that AWS gives it; without a parent it lies in the root."""
    address = address or f"{MEMBER}.{name}"
    lies = {} if parent is None else {"parent_id": parent}
    made.add(address, name=name, email=f"{name}@example.com", id=Later(number), **lies)
    return Later(number, [f"{address}.id"])


def attach(made: Plan, name: str, document: Json, targets: Sequence[Any]) -> Plan:
    """A backup policy that is attached to so much."""
    made.add(
        f"aws_organizations_policy.{name}",
        name=name,
        type="BACKUP_POLICY",
        content=json.dumps(document),
        id=Later(f"p-{name}"),
    )
    for number, target in enumerate(targets):
        made.add(
            f"aws_organizations_policy_attachment.{name}{number}",
            policy_id=Later(f"p-{name}", [f"aws_organizations_policy.{name}.id"]),
            target_id=target,
        )
    return made
