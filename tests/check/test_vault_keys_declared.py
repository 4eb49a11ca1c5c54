"""Whether vaults have a customer managed key where what gets their key is of a tier that demands one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.change_sets import VAULT as STACK_VAULT
from tests.check.conftest import AS_OF, messages
from tests.check.terraform import ACCOUNT, Json, Later, Plan, backup_plan, by_tag, rule, selection, volume

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{ID}"
ALIAS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/"
OF_KEY = Later(KEY, ["aws_kms_key.main.arn"])
OTHER, FOREIGN = KEY.replace("1234abcd", "99999999"), "444455556666"

PASS, FINDING, OPEN = {"COMPLIANT": 1}, {"NON_COMPLIANT": 1}, {"INSUFFICIENT_DATA": 1}
NONE: dict[str, int] = {}

Said = Callable[..., tuple[dict[str, int], str]]


@pytest.fixture
def said(catalogue: Catalogue, engine: Engine, tmp_path: Path) -> Said:
    """What the control says of documents: how many verdicts of each kind, and every sentence."""
    only = tuple(one for one in catalogue.controls if one.id == "BKP-ENC-005")

    def run(*documents: Any, **options: Any) -> tuple[dict[str, int], str]:
        paths = [tmp_path / f"input-{number}.json" for number, _ in enumerate(documents)]
        for path, document in zip(paths, documents, strict=True):
            path.write_bytes(orjson.dumps(document))
        chosen = CheckOptions(ACCOUNT, "eu-west-1", "", **options)
        inputs = read_inputs(tuple(paths), Assumed(ACCOUNT, "eu-west-1"))
        asked = replace(catalogue, controls=only)
        found = judge_inputs(inputs, engine, asked, Settings(as_of=AS_OF), chosen)
        counts = {verdict: count for verdict, count in found.counts.items() if count}
        counts.pop("NOT_APPLICABLE", None)
        return counts, messages(found)

    return run


def vault_arn(name: str, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    """The ARN of a vault."""
    return f"arn:aws:backup:{region}:{account}:backup-vault:{name}"


def with_vault(plan: Plan, name: str = "main", kind: str = "aws_backup_vault", **values: Any) -> Plan:
    """A vault, of which nothing is said but its name and `values`."""
    arn = vault_arn(name, values.get("region", "eu-west-1"))
    return plan.add(f"{kind}.{name}", name=name, id=Later(name), arn=Later(arn), **values)


def led(kind: str = "aws_efs_file_system", tier: str = "gold", **of_rule: Any) -> Plan:
    """A resource of a tier, a plan that backs up all of that tier, and a key of KMS; no vault."""
    plan = Plan()
    backup_plan(plan, "all", rule(**of_rule))
    selection(plan, "all", "all", selection_tag=by_tag(tier))
    plan.add("aws_kms_key.main", arn=Later(KEY), id=Later(ID), key_id=Later(ID), is_enabled=True)
    if kind == "aws_ebs_volume":
        return volume(plan, "data", backup_tier=tier)
    service = {"aws_efs_file_system": "elasticfilesystem", "aws_dynamodb_table": "dynamodb"}[kind]
    what = {"aws_efs_file_system": "file-system/fs-1", "aws_dynamodb_table": "table/data"}[kind]
    tags: Json = {"tags": {"backup-tier": tier}, "tags_all": {"backup-tier": tier}}
    arn = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{what}"
    return plan.add(f"{kind}.data", name="data", id=Later(what), arn=Later(arn), **tags)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, FINDING),
        (Later(KEY), FINDING),  # the configuration names none
        (f"{ALIAS}aws/backup", FINDING),
        (OF_KEY, PASS),
        (Later(KEY, ["data.aws_kms_key.other.arn"]), OPEN),
        (f"{ALIAS}backup", PASS),
        (OTHER, OPEN),
    ],
)
def test_whose_the_key_of_a_vault_is(said: Said, key: Any, expected: dict[str, int]) -> None:
    """And where it is named by an alias; whose another one is that no input has, nobody knows."""
    counts, sentences = said(with_vault(led(), kms_key_arn=key).first())
    assert counts == expected
    assert ("tier gold demands a customer managed key" in sentences) is (expected == FINDING)
    assert (f"no input makes {key}" in sentences) is isinstance(key, str) & (expected == OPEN)


def test_an_alias_that_an_input_makes_is_of_a_customers_key(said: Said) -> None:
    """KMS makes none for a key of AWS; so it is after the apply, too."""
    plan = with_vault(led(), kms_key_arn=Later(f"{ALIAS}backup", ["aws_kms_alias.main.arn"]))
    plan.add("aws_kms_alias.main", name="alias/backup", target_key_id=OTHER[-36:])
    assert [said(document)[0] for document in (plan.first(), plan.second())] == [PASS, PASS]


def test_a_data_source_tells_whose_the_key_of_a_vault_is(said: Said) -> None:
    """As KMS told it when the plan was made."""
    for manager, expected in (("CUSTOMER", PASS), ("AWS", FINDING)):
        plan = with_vault(led(), kms_key_arn=OTHER)
        read = {"mode": "data", "type": "aws_kms_key", "values": {"arn": OTHER, "key_manager": manager}}
        plan.more["prior_state"] = {"values": {"root_module": {"resources": [read]}}}
        assert said(plan.first())[0] == expected


def test_a_vault_that_is_there_may_have_the_key_of_before(said: Said) -> None:
    """Terraform keeps the key of a vault whose configuration names none any more."""
    plan = with_vault(led(), kms_key_arn=Later(OTHER))
    assert [said(document)[0] for document in (plan.first(), plan.second())] == [FINDING, OPEN]
    kept = with_vault(led(), kms_key_arn=Later(KEY))
    assert said(kept.second())[0] == PASS


def test_inputs_that_name_different_keys_leave_it_open(said: Said) -> None:
    """However many of them agree; one that does not name the key takes nothing from one that does."""
    own, of_aws, other = (with_vault(Plan(), kms_key_arn=key).second() for key in (KEY, None, OTHER))
    unsaid = stack(EncryptionKeyArn={"Ref": "Which"})
    assert said(led().second(), own, unsaid, own)[0] == PASS
    for documents in ((own, of_aws), (own, of_aws, own), (of_aws, own, unsaid, of_aws), (own, other)):
        counts, sentences = said(led().second(), *documents)
        assert (counts, "the inputs name different keys of it" in sentences) == (OPEN, True)


def test_a_plan_without_its_configuration_names_no_key(said: Said) -> None:
    """What makes the key of the vault is not told: that is no finding."""
    document = with_vault(led(), kms_key_arn=Later(KEY)).first()
    document["configuration"]["root_module"]["resources"] = [
        one
        for one in document["configuration"]["root_module"]["resources"]
        if one["type"] != "aws_backup_vault"
    ]
    assert said(document)[0] == OPEN


@pytest.mark.parametrize(
    ("kind", "tier", "expected"),
    [
        ("aws_efs_file_system", "gold", FINDING),
        ("aws_efs_file_system", "silver", NONE),
        ("aws_ebs_volume", "gold", NONE),
        ("aws_dynamodb_table", "gold", OPEN),
    ],
)
def test_only_what_gets_the_key_of_the_vault_counts(
    said: Said, kind: str, tier: str, expected: dict[str, int]
) -> None:
    """A volume keeps the key of its source; for a table the Region's advanced features decide."""
    counts, sentences = said(with_vault(led(kind, tier)).first())
    assert counts == expected
    assert ("Whether AWS Backup manages DynamoDB fully" in sentences) is (expected == OPEN)
    assert said(with_vault(led(kind, tier), kms_key_arn=OF_KEY).first())[0] in (PASS, NONE)


@pytest.mark.parametrize(("managed", "expected"), [(True, FINDING), (False, NONE)])
def test_the_settings_of_a_region_say_whether_a_table_has_the_key_of_its_vault(
    said: Said, expected: dict[str, int], *, managed: bool
) -> None:
    """Where AWS Backup manages its backups fully."""
    plan = with_vault(led("aws_dynamodb_table"))
    settings: Json = {"resource_type_management_preference": {"DynamoDB": managed}}
    plan.add(
        "aws_backup_region_settings.here", resource_type_opt_in_preference={"DynamoDB": True}, **settings
    )
    assert said(plan.first())[0] == expected


@pytest.mark.parametrize(
    ("kind", "arn", "expected"),
    [
        ("aws_ebs_volume", vault_arn("far", "eu-west-3"), FINDING),
        ("aws_ebs_volume", vault_arn("far"), OPEN),
        ("aws_efs_file_system", vault_arn("far"), FINDING),
        ("aws_dynamodb_table", vault_arn("far", "eu-west-3"), OPEN),
    ],
)
def test_copies_get_the_key_of_the_vault_that_they_go_into(
    said: Said, kind: str, arn: str, expected: dict[str, int]
) -> None:
    """Of any type in another Region; within one AWS states it only of what it manages fully."""
    region = arn.split(":")[3]
    plan = led(kind, copy_action=[{"destination_vault_arn": arn, "lifecycle": []}])
    with_vault(plan, kms_key_arn=OF_KEY)
    pass_of_main = {} if kind != "aws_efs_file_system" else PASS
    assert said(with_vault(plan, "far", region=region).first())[0] == {**pass_of_main, **expected}


def test_copies_into_another_account(said: Said) -> None:
    """The vault there is in a plan of its own, with or without a key of that account; a volume's get it."""
    arn, key = vault_arn("far", account=FOREIGN), KEY.replace(ACCOUNT, FOREIGN)
    plan = led("aws_ebs_volume", copy_action=[{"destination_vault_arn": arn, "lifecycle": []}])
    with_vault(plan)
    for named, expected in ((None, FINDING), (key, PASS)):
        there = Plan().add("aws_backup_vault.far", name="far", id="far", arn=arn, kms_key_arn=named)
        there.add("aws_kms_key.far", arn=key, id=ID, is_enabled=True)
        assert said(plan.first(), there.first())[0] == expected


def test_what_an_air_gapped_vault_takes(said: Said) -> None:
    """A file system has the key of the air-gapped vault and not of the rule's own; a volume's is open."""
    safe = vault_arn("safe")
    for kind, expected in (("aws_efs_file_system", FINDING), ("aws_ebs_volume", OPEN)):
        plan = led(kind, target_logically_air_gapped_backup_vault_arn=safe)
        with_vault(plan)
        with_vault(plan, "safe", "aws_backup_logically_air_gapped_backup_vault", min_retention_days=7,
                   max_retention_days=90)  # fmt: skip
        counts, sentences = said(plan.first())
        assert counts == expected
        assert "aws_backup_logically_air_gapped_backup_vault.safe" in sentences


def test_a_plan_by_itself_is_held_against_the_tier_that_it_is_written_for(said: Said) -> None:
    """Its copies of gold would get the key of the vault in another Region, whatever the resources are."""
    plan = Plan()
    far = vault_arn("far", "eu-west-3")
    backup_plan(plan, "all", rule(copy_action=[{"destination_vault_arn": far, "lifecycle": []}]))
    selection(plan, "all", "all", selection_tag=by_tag("gold"))
    with_vault(plan, "far", region="eu-west-3")
    assert said(plan.first())[0] == FINDING


def test_what_may_lead_there_is_not_known(said: Said) -> None:
    """Tags that are known only after the apply: a finding is not, and a customer's key is enough anyhow."""
    for key, expected in ((None, OPEN), (OF_KEY, NONE)):
        plan = led()
        plan.changes[-1]["change"]["after"].update(tags=None, tags_all=None)
        plan.changes[-1]["change"]["after_unknown"].update(tags=True, tags_all=True)
        assert said(with_vault(plan, kms_key_arn=key).first())[0] == expected


def stack(**vault: Any) -> Json:
    """A template with a file system of the tier gold, what backs it up, a key with an alias, and a vault."""
    chosen = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "gold"}
    rules = [{"RuleName": "main", "TargetBackupVault": {"Ref": "Vault"}}]
    role = f"arn:aws:iam::{ACCOUNT}:role/backup"
    made: Json = {
        "Files": ("AWS::EFS::FileSystem", {"FileSystemTags": [{"Key": "backup-tier", "Value": "gold"}]}),
        "Plan": (
            "AWS::Backup::BackupPlan",
            {"BackupPlan": {"BackupPlanName": "all", "BackupPlanRule": rules}},
        ),
        "Chosen": (
            "AWS::Backup::BackupSelection",
            {
                "BackupPlanId": {"Ref": "Plan"},
                "BackupSelection": {"SelectionName": "all", "IamRoleArn": role, "ListOfTags": [chosen]},
            },
        ),
        "Key": ("AWS::KMS::Key", {}),
        "Alias": ("AWS::KMS::Alias", {"AliasName": "alias/backup", "TargetKeyId": {"Ref": "Key"}}),
        "Vault": (STACK_VAULT, {"BackupVaultName": "main", **vault}),
    }
    return {
        "Parameters": {"Which": {"Type": "String"}},
        "Resources": {name: {"Type": kind, "Properties": values} for name, (kind, values) in made.items()},
    }


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, FINDING),
        ({"Ref": "AWS::NoValue"}, FINDING),
        ("alias/aws/backup", FINDING),
        ({"Fn::GetAtt": ["Key", "Arn"]}, PASS),
        ({"Fn::Sub": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:${Alias}"}, PASS),
        ({"Ref": "Which"}, OPEN),
        (OTHER, OPEN),
        ([OTHER], OPEN),
    ],
)
def test_the_key_of_a_template(said: Said, key: Any, expected: dict[str, int]) -> None:
    """By a function, by an alias, and by what the template does not tell."""
    assert said(stack(**({} if key is None else {"EncryptionKeyArn": key})))[0] == expected


def test_a_vault_as_aws_describes_it_tells_no_key(said: Said) -> None:
    """Whose key it is stays open; what an input declares of it counts."""
    described = {"BackupVaultName": "main", "BackupVaultArn": vault_arn("main"), "Locked": False}
    assert said(led().first(), described)[0] == OPEN
    assert said(with_vault(led(), kms_key_arn=OF_KEY).first(), described)[0] == PASS
    assert said(with_vault(led()).first(), described)[0] == FINDING
