"""What backups rest on (versioning, vault policies, roles, keys, quotas), of a change held against a run."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import plan_values, selection_values, world
from tests.check.terraform import Json, Plan, by_tag
from tests.check.test_check_command import written
from tests.check.test_roles import BACKUP, TRUST
from tests.check.test_vault_policies import document, statement
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, HOME, SINCE, role_arn, rule, vault_arn

BUCKET, KEY = "arn:aws:s3:::photos", f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer"
OTHER_KEY = KEY.replace("customer", "other")
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/own"
VERSIONED, CLOSED, CAN, USABLE, QUOTAS = (
    "BKP-COV-002", "BKP-IMM-004", "BKP-GOV-003", "BKP-ENC-002", "BKP-GOV-004"
)  # fmt: skip
Found = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of an organization with a bucket, of which a plan selects the volumes only."""
    made = world()
    made.at().buckets.append({"Name": "photos", "CreationDate": SINCE})
    return audit(made, tmp_path_factory.mktemp("held"))


@pytest.fixture(scope="module")
def with_bucket(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The same where another plan selects the bucket, by its ARN."""
    made = world()
    made.at().buckets.append({"Name": "photos", "CreationDate": SINCE})
    made.plan([rule()], "plan-2")
    made.selection("plan-2", Resources=["arn:aws:s3:::*"])
    return audit(made, tmp_path_factory.mktemp("with_bucket"))


def told(command: Said, path: Path, plan: Plan, *run: object) -> tuple[int, Found]:
    """The exit code, and what is said of what backups rest on."""
    file = written(path / "plan.json", plan.first())
    more = ("--against", *run) if run else ()
    code, out, err = command("check", file, *more, "--account", ACCOUNT, "--format", "json", "--unit", "/")
    assert err == ""
    asked = (VERSIONED, CLOSED, CAN, USABLE, QUOTAS)
    return code, {
        (one["control_id"], one["verdict"], reason["code"])
        for one in orjson.loads(out)["entries"]
        for reason in one["reasons"]
        if one["control_id"] in asked
    }


def kept(address: str, plan: Plan | None = None, **values: Any) -> Plan:
    """Something that is there and does not change."""
    return (plan or Plan(region=HOME)).add(address, ("no-op",), before=values, **values)


def bucket(*, status: str = "Suspended") -> Plan:
    """The recorded bucket, whose versioning the change sets."""
    on: Json = {"bucket": "photos", "id": "photos"}
    tags: Json = {"tags": {}, "tags_all": {}}
    made = kept("aws_s3_bucket.photos", **on, **tags, arn=BUCKET, region=HOME)
    before: Json = {**on, "versioning_configuration": [{"status": "Enabled"}]}
    after: Json = {**on, "versioning_configuration": [{"status": status}]}
    return made.add("aws_s3_bucket_versioning.photos", ("update",), before=before, **after)


def role(arn: str = "", *, trust: Any = TRUST, attached: tuple[str, ...] = (BACKUP,)) -> Plan:
    """A role that the change gives another trust policy, and what is attached to it."""
    values: Json = {"name": "own", "id": "own", "arn": arn or role_arn(), "inline_policy": []}
    before, after = ({**values, "assume_role_policy": json.dumps(one)} for one in (TRUST, trust))
    made = Plan(region=HOME).add("aws_iam_role.own", ("update",), before=before, **after)
    for number, policy in enumerate(attached):
        kept(f"aws_iam_role_policy_attachment.n{number}", made, role="own", policy_arn=policy)
    return kept("aws_ebs_volume.x", made, id="vol-four", arn=f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-four",
                tags={}, tags_all={})  # fmt: skip


def key(arn: str = KEY, *, enabled: bool = False) -> Plan:
    """A key that the change disables."""
    values: Json = {"arn": arn, "id": arn[-8:], "key_id": arn[-8:], "is_enabled": True}
    return Plan(region=HOME).add(
        "aws_kms_key.main", ("update",), before=values, **{**values, "is_enabled": enabled}
    )


def test_all_that_a_check_says_is_said_against_a_run(command: Said, held: Judgement, tmp_path: Path) -> None:
    """A vault policy that opens, and a rule too many: the same findings and exit code with the run."""
    values: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    made = kept("aws_backup_vault.main", **values)
    made.add("aws_backup_vault_policy.main", backup_vault_name="main", policy=document(statement()))
    rules = [{"rule_name": f"r{one}", "target_vault_name": "main", "schedule": None} for one in range(11)]
    made.add("aws_backup_plan.big", name="big", rule=rules)
    expected = {(CLOSED, "NON_COMPLIANT", "open_to_everyone"), (QUOTAS, "NON_COMPLIANT", "beyond")}

    assert told(command, tmp_path, made) == told(command, tmp_path, made, held.run) == (3, expected)


def test_a_bucket_that_a_recorded_plan_selects_must_be_versioned(
    command: Said, held: Judgement, with_bucket: Judgement, tmp_path: Path
) -> None:
    """Alone it is unknown whether one selects it; the run tells, both ways."""
    off = (VERSIONED, "NON_COMPLIANT", "switched_off")

    assert told(command, tmp_path, bucket())[1] == {(VERSIONED, "INSUFFICIENT_DATA", "fact_not_known")}
    assert told(command, tmp_path, bucket(), with_bucket.run) == (3, {off})
    assert told(command, tmp_path, bucket(), held.run)[1] == set()
    assert told(command, tmp_path, bucket(status="Enabled"), with_bucket.run)[1] == set()


def test_a_changed_selection_picks_a_bucket(command: Said, held: Judgement, tmp_path: Path) -> None:
    """One that is recorded, and which no plan selected."""
    values = selection_values("backup")
    made = bucket()
    made.add("aws_backup_selection.more", **{**values, "name": "more", "resources": ["arn:aws:s3:::*"]})

    assert (VERSIONED, "NON_COMPLIANT", "switched_off") in told(command, tmp_path, made, held.run)[1]


def test_a_role_that_recorded_selections_back_up_with(
    command: Said, held: Judgement, with_bucket: Judgement, tmp_path: Path
) -> None:
    """Closed to AWS Backup, or without a policy for what they select; another role is nobody's."""
    closed = role(trust={"Statement": []})
    lacks = {(CAN, "NON_COMPLIANT", "not_covered")}

    assert told(command, tmp_path, closed)[1] == set()
    assert told(command, tmp_path, closed, held.run) == (3, {(CAN, "NON_COMPLIANT", "not_trusted")})
    assert told(command, tmp_path, role(), held.run)[1] == set()
    assert told(command, tmp_path, role(), with_bucket.run)[1] == lacks
    assert told(command, tmp_path, role(OWN_ROLE, attached=()), with_bucket.run)[1] == set()


def test_a_changed_selection_backs_up_with_another_role(
    command: Said, held: Judgement, tmp_path: Path
) -> None:
    """What it selects in the organization, its role must cover."""
    for policies, expected in (((), {(CAN, "NON_COMPLIANT", "not_covered")}), ((BACKUP,), set())):
        made = role(OWN_ROLE, attached=policies)
        values = {**selection_values("backup"), "name": "more", "iam_role_arn": OWN_ROLE}
        kept("aws_backup_plan.main", made, **plan_values())
        made.add("aws_backup_selection.more", **{**values, "selection_tag": by_tag("yes", "backup")})

        assert told(command, tmp_path, made, held.run)[1] == expected


def test_a_key_that_a_recorded_vault_is_encrypted_with(
    command: Said, held: Judgement, tmp_path: Path
) -> None:
    """No input has the vault; a key of no vault may be disabled."""
    assert told(command, tmp_path, key())[1] == set()
    assert told(command, tmp_path, key(), held.run) == (3, {(USABLE, "NON_COMPLIANT", "disabled")})
    assert told(command, tmp_path, key(enabled=True), held.run)[1] == set()
    assert told(command, tmp_path, key(OTHER_KEY), held.run)[1] == set()
