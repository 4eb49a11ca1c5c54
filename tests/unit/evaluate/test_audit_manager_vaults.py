"""Parity with AWS Backup Audit Manager of what is about vaults."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, World
from tests.unit.evaluate.parity import BAD, COMPLIANT, HOME, OUT, UNKNOWN, framework, verdicts

DELETION = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
DELETE, CHANGE, PUT = (
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:PutBackupVaultAccessPolicy",
)
ALL = [DELETE, CHANGE, PUT]
ROLE, OTHER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("cleaner", "other"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all cases."""
    yield from parity.engine()


def deny(actions: list[str], **members: Any) -> dict[str, Any]:
    """A denial to everybody for everything; `members` replace its own, None takes one away."""
    found = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*", **members}
    return {name: value for name, value in found.items() if value is not None}


def but(*arns: str, operator: str = "ArnNotLike", key: str = "aws:PrincipalArn") -> dict[str, Any]:
    """A condition that leaves out these principals."""
    return {operator: {key: [*arns]}}


#: The statements of each vault's policy (None: none), the verdict by default, and where ROLE may delete.
VAULTS: dict[str, tuple[list[dict[str, Any]] | None, str, str]] = {
    "denied": ([deny(ALL)], COMPLIANT, COMPLIANT),
    "denied-to-aws-star": ([deny(ALL, Principal={"AWS": "*"})], COMPLIANT, COMPLIANT),
    "more-is-denied": ([deny([*ALL, "backup:StartCopyJob"])], COMPLIANT, COMPLIANT),
    "beside-an-allowance": ([deny(ALL, Effect="Allow"), deny(ALL)], COMPLIANT, COMPLIANT),
    "no-policy": (None, BAD, BAD),
    "the-sample-of-aws": ([deny([DELETE], Condition=but("A:", operator="StringNotEquals", key="aws:userId"))],
                          BAD, BAD),
    "deletion-alone": ([deny([DELETE])], BAD, BAD),
    "two-of-three": ([deny([DELETE, CHANGE])], BAD, BAD),
    "allowed-only": ([deny(ALL, Effect="Allow")], BAD, BAD),
    "one-principal": ([deny(ALL, Principal={"AWS": OTHER})], BAD, BAD),
    "all-but-one-principal": ([deny(ALL, Principal=None, NotPrincipal={"AWS": ROLE})], UNKNOWN, UNKNOWN),
    "all-but-everybody": ([deny(ALL, Principal=None, NotPrincipal="*")], BAD, BAD),
    "all-but-reading": ([deny([], Action=None, NotAction="backup:Describe*")], UNKNOWN, UNKNOWN),
    "all-but-deletion": ([deny([], Action=None, NotAction=DELETE)], BAD, BAD),
    "all-but-one-resource": ([deny(ALL, Resource=None, NotResource="arn:aws:backup:*:*:x")], BAD, BAD),
    "one-resource": ([deny(ALL, Resource="arn:aws:backup:*:*:recovery-point:x")], BAD, BAD),
    "all-but-a-role": ([deny(ALL, Condition=but(ROLE))], BAD, COMPLIANT),
    "all-but-two-roles": ([deny(ALL, Condition=but(ROLE, OTHER))], BAD, BAD),
    "another-condition": ([deny(ALL, Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
                          UNKNOWN, UNKNOWN),
    "spread": ([deny([one]) for one in ALL], UNKNOWN, UNKNOWN),
    "all-but-a-role-and-spread": ([deny(ALL, Condition=but(ROLE)), *(deny([one]) for one in ALL)],
                                  UNKNOWN, COMPLIANT),
    "all-but-a-role-and-two": ([deny(ALL, Condition=but(ROLE)), deny([DELETE, CHANGE])], BAD, COMPLIANT),
}  # fmt: skip


def vault(world: World, name: str, policy: Any, **row: Any) -> None:
    """Add a vault and what was read of its policy."""
    arn = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:{name}"
    world.add("backup_vaults", arn=arn, name=name, **row)
    world.add("vault_policies", vault_arn=arn, document=policy)


def test_manual_deletion(engine: Engine, world: World) -> None:
    """One denial of all three actions; locks do not count, and where AWS says nothing it stays open."""
    for name, (statements, _, _) in VAULTS.items():
        vault(world, name, None if statements is None else orjson.dumps({"Statement": statements}).decode())
    vault(world, "locked", None, locked=True, lock_date=AS_OF - timedelta(days=9), min_retention_days=30)
    vault(world, "odd", "{")
    world.add("backup_vaults", arn=world.vault, name="main")
    world.gap("vault_policies", operation="GetBackupVaultAccessPolicy")
    subjects = world.subjects()
    further = {"locked": BAD, "odd": UNKNOWN, "main": UNKNOWN}

    assert verdicts(engine, subjects, framework(DELETION)) == {
        **{name: said for name, (_, said, _) in VAULTS.items()}, **further,
    }  # fmt: skip
    listed = framework(DELETION, principalArnList=f"{ROLE},\n {ROLE}2")
    assert verdicts(engine, subjects, listed) == {
        **{name: said for name, (_, _, said) in VAULTS.items()}, **further,
    }  # fmt: skip
    scope = {"ComplianceResourceIds": ["locked"], "ComplianceResourceTypes": ["AWS::Backup::BackupVault"]}
    only = verdicts(engine, subjects, framework(DELETION, scope))
    assert only == {**dict.fromkeys((*VAULTS, *further), OUT), "locked": BAD}


def test_vaults_with_a_tag(engine: Engine, world: World) -> None:
    """Those whose tags say so are judged; of whom they were not read, it stays open."""
    closed = orjson.dumps({"Statement": [deny(ALL)]}).decode()
    for name, policy in {"closed": closed, "open": None, "bare": None, "untold": None}.items():
        vault(world, name, policy)
    for name, tags in {"closed": {"team": "a"}, "open": {"team": "a"}, "bare": {}}.items():
        arn = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:{name}"
        world.add("backup_tags", arn=arn, tags=tags)

    found = verdicts(engine, world.subjects(), framework(DELETION, {"Tags": {"team": "a"}}))
    assert found == {"closed": COMPLIANT, "open": BAD, "bare": OUT, "untold": UNKNOWN}
