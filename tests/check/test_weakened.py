"""What a change weakens in place: policies of vaults and of roles that stay under their addresses."""

import json
from typing import Any

import pytest

from tests.check.change_sets import LATER, VAULT, change, change_set
from tests.check.conftest import Check, messages, saying
from tests.check.terraform import ACCOUNT, Json, Later, Plan, protected
from tests.check.test_roles import ARN, BACKUP, TRUST, allows
from tests.check.test_vault_policies import DELETE, document, statement

STAYS = "BKP-GOV-001"
ADDRESS = "aws_backup_vault_policy.main"
WEAKENED, OPEN = {("NON_COMPLIANT", "weakened")}, {("INSUFFICIENT_DATA", "change_known_after_apply")}
ALL = "backup:*"

said = saying(STAYS)


def denial(*but: str, **more: Any) -> Json:
    """A denial of deletions for everybody, or for all but some."""
    roles = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in but]
    held = {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": roles}}} if but else {}
    return statement(effect="Deny", **{**held, **more})


def changed(before: Json | None, after: Any, actions: tuple[str, ...] = ("update",)) -> Plan:
    """A vault whose policy becomes another one."""
    was = {"backup_vault_name": "main", "policy": document(*([before] if before else []))}
    policy = after if isinstance(after, Later) else document(*after)
    return protected().add(ADDRESS, actions, before=was, backup_vault_name="main", policy=policy)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (denial(), [denial()], set()),
        (denial(), [statement(ALL, effect="Deny")], set()),
        (denial(), [statement("backup:CopyIntoBackupVault")], WEAKENED),
        (denial(), [denial("admin")], WEAKENED),
        (denial("admin"), [denial()], set()),
        (denial("admin"), [denial("admin", "other")], WEAKENED),
        (denial("admin", "other"), [denial("admin")], set()),
        (denial("admin"), [denial("other")], OPEN),
        (denial(), [denial("admin"), denial("other")], OPEN),
        (denial(), [denial(Resource="arn:aws:ec2:*::snapshot/*")], WEAKENED),
        (denial(), [statement(effect="Deny", principal={"AWS": ACCOUNT})], WEAKENED),
        (statement(effect="Deny", principal={"AWS": ACCOUNT}), [denial()], set()),
        (statement(ALL, effect="Deny"), [denial()], WEAKENED),
        (statement("backup:ListTags", effect="Deny"), [statement("backup:CopyIntoBackupVault")], set()),
        (statement(), [statement("backup:CopyIntoBackupVault")], set()),
        (None, [denial()], set()),
    ],
    ids=[
        "same", "more-actions", "gone", "for-all-but-one", "for-all", "for-all-but-two", "for-all-but-fewer",
        "for-all-but-another", "two-for-all-but-some", "for-some", "for-an-account", "for-everybody",
        "fewer-actions", "of-nothing-that-protects", "no-denial", "none-before",
    ],
)  # fmt: skip
def test_a_vault_policy_that_denies_less(
    check: Check, before: Json | None, after: list[Json], expected: set[tuple[str, str]]
) -> None:
    """A statement gone, narrowed, or with more exceptions; what may be as strong is open."""
    assert said(check, changed(before, after).first()) == expected
    assert said(check, changed(before, after, ("no-op",)).first()) == set()


def test_what_a_vault_policy_becomes_may_not_be_known(check: Check) -> None:
    """Nothing is said where it denied nothing; the finding names what is lost."""
    hidden = Later(None, ["local.policy"])
    assert said(check, changed(denial(), hidden).first()) == OPEN
    assert said(check, changed(statement(), hidden).first()) == set()
    odd = {**denial(), "Effect": "Perhaps"}
    assert said(check, changed(denial(), [odd]).first()) == OPEN
    assert said(check, changed(statement(), [odd]).first()) == set()
    found = messages(check(changed(denial(), []).first()))
    assert f"the vault policy main is changed so that it no longer denies as before: {DELETE}" in found


def under(*statements: Json) -> Json:
    """The properties of a vault with a policy."""
    return {"AccessPolicy": {"Statement": [*statements]}}


def lock(least: Any, days: int | None = None) -> Json:
    """The properties of a vault with a lock."""
    held = {"MinRetentionDays": least, "ChangeableForDays": days}
    return {"LockConfiguration": {key: value for key, value in held.items() if value is not None}}


RESOLVED = "{{resolve:ssm:days}}"
EBS, RDS = "ec2:CreateSnapshot", "rds:CreateDBSnapshot"


def role(before: Json, after: Json, *attached: str, kind: str = "aws_iam_role_policy") -> Plan:
    """A role that selections back up with, whose policy becomes another one."""
    made = protected()
    chosen = next(one for one in made.changes if one["type"] == "aws_backup_selection")
    chosen["change"]["after"]["iam_role_arn"] = ARN
    trusted: Json = {"name": "backup", "arn": ARN, "id": "backup", "assume_role_policy": json.dumps(TRUST)}
    texts: list[Json] = [{"policy": json.dumps(one)} for one in (before, after)]
    if kind == "aws_iam_role":
        was, becomes = ({**trusted, "inline_policy": [{"name": "a", **one}]} for one in texts)
        made.add("aws_iam_role.backup", ("update",), before=was, **becomes)
        return _attached(made, *attached)
    made.add("aws_iam_role.backup", ("no-op",), before=trusted, **trusted)
    policy: Json = {"name": "a", "role": "backup", "arn": f"arn:aws:iam::{ACCOUNT}:policy/a"}
    own: Json = {key: policy[key] for key in ("name", "role" if kind.endswith("role_policy") else "arn")}
    made.add(f"{kind}.a", ("update",), before={**own, **texts[0]}, **own, **texts[1])
    more = [policy["arn"]] if kind == "aws_iam_policy" else []
    return _attached(made, *more, *attached)


def _attached(made: Plan, *arns: str) -> Plan:
    for number, arn in enumerate(arns):
        values: Json = {"role": "backup", "policy_arn": arn}
        made.add(f"aws_iam_role_policy_attachment.a{number}", ("no-op",), before=values, **values)
    return made


@pytest.mark.parametrize("kind", ["aws_iam_role_policy", "aws_iam_policy", "aws_iam_role"])
@pytest.mark.parametrize(
    ("before", "after", "attached", "expected"),
    [
        (allows(EBS, RDS), allows(EBS), (), WEAKENED),
        (allows(EBS), allows(EBS, RDS), (), set()),
        (allows("ec2:*"), allows(EBS, "ec2:CreateImage"), (), set()),
        (allows(EBS, RDS), allows(EBS), (BACKUP,), set()),
        (allows(EBS, RDS), allows(EBS), (f"arn:aws:iam::{ACCOUNT}:policy/other",), OPEN),
        (allows("s3:List*"), allows("s3:Get*"), (), set()),
    ],
    ids=["less", "more", "other-words", "another-does", "another-may", "no-backups"],
)
def test_a_policy_of_a_role_that_allows_less(
    check: Check, kind: str, before: Json, after: Json, attached: tuple[str, ...], expected: set[Any]
) -> None:
    """Inline, managed, or a block of the role: a type that nothing else lets the role back up."""
    assert said(check, role(before, after, *attached, kind=kind).first()) == expected


POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/a"
SHARED = "aws_iam_policy_attachment", {"name": "a", "roles": ["backup", "other"], "policy_arn": POLICY_ARN}
EXCLUSIVE = "aws_iam_role_policy_attachments_exclusive", {"role_name": "backup", "policy_arns": [POLICY_ARN]}


@pytest.mark.parametrize(("kind", "values"), [SHARED, EXCLUSIVE], ids=["shared", "exclusive"])
def test_a_managed_policy_that_allows_less_and_whatever_attaches_it(
    check: Check, kind: str, values: Json
) -> None:
    """One that something attaches only now had no part in what the role could do."""
    found = []
    for actions, before in ((("no-op",), values), (("create",), None)):
        made = role(allows(EBS, RDS), allows(EBS), kind="aws_iam_policy")
        made.changes.pop()  # what attaches it alone
        made.add(f"{kind}.a", actions, before=before, **values)
        found.append(said(check, made.first()))

    assert found == [WEAKENED, set()]


def test_a_role_that_no_selection_uses_loses_nothing(check: Check) -> None:
    """And a denial takes away as much as what is no longer allowed."""
    made = role(allows(EBS), allows("ec2:Describe*"))
    for one in made.changes:
        if one["type"] == "aws_backup_selection":
            one["change"]["after"]["iam_role_arn"] = f"{ARN}-other"
    assert said(check, made.first()) == set()
    denied = {"Statement": [*allows(EBS)["Statement"], {**allows(EBS)["Statement"][0], "Effect": "Deny"}]}
    assert said(check, role(allows(EBS), denied).first()) == WEAKENED
    assert "no longer allows backups as before: EBS" in messages(check(role(allows(EBS), denied).first()))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (under(denial()), under(denial()), set()),
        (under(denial()), under(denial("a")), WEAKENED),
        (under(denial("b")), under(denial("a")), OPEN),
        (under(denial()), under(denial(LATER)), OPEN),
        (lock(36, 3), lock(36, 3), set()),
        (lock(36, 3), lock("35", 3), WEAKENED),
        (lock(36, 3), lock(37, 3), set()),
        (lock(36, 3), lock(None, 3), WEAKENED),
        (lock(36, 3), lock(36), WEAKENED),
        (lock(36), lock(36, 3), set()),
        (lock(36, 3), lock(RESOLVED, 3), OPEN),
        (lock(RESOLVED, 3), lock(36, 3), OPEN),
        (lock(RESOLVED, 3), lock(RESOLVED, 3), set()),
        (lock(36, 3), lock(RESOLVED), WEAKENED),
    ],
    ids=[
        "same", "for-all-but-one", "for-another", "known-later", "same-lock", "shorter", "longer",
        "no-shortest", "can-be-undone", "compliance", "looked-up-later", "looked-up-before", "looked-up",
        "looked-up-and-can-be-undone",
    ],
)  # fmt: skip
def test_a_vault_that_a_change_set_weakens(
    check: Check, before: Json, after: Json, expected: set[tuple[str, str]]
) -> None:
    """Its policy, and its lock, which Terraform's provider replaces."""
    name = {"BackupVaultName": "main"}
    entry = change("Main", VAULT, before={**name, **before}, after={**name, **after})
    assert said(check, change_set(entry)) == expected
