"""Whether what keeps the key of its source in its backups declares one with which they can be as demanded."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from auditor.sandbox.organization import sample_folder
from tests.check.conftest import AS_OF, messages
from tests.check.terraform import ACCOUNT, Json, Later, Plan

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{ID}"
ALIAS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/"
OTHER = KEY.replace("1234abcd", "99999999")
OF_KEY = Later(KEY, ["aws_kms_key.main.arn"])
UNSAID = Later(OTHER, ["var.key"])
COMPUTED = Later(OTHER)
IS_ON = Later(value=True, references=["var.on"])

PASS, OPEN = "COMPLIANT", "INSUFFICIENT_DATA"
WANTED, PLAIN, KEPT = "no_customer_key", "not_encrypted", "not_shared"
NOTHING = "NOT_APPLICABLE"

Said = Callable[..., str]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The control, with the tiers of the sample by tags alone.

    Gold demands a customer's key, records a copy in another account.
    """
    tiers = tmp_path_factory.mktemp("tiers") / "tiers.yaml"
    shipped = (sample_folder() / "tiers.yaml").read_text(encoding="utf-8")
    tiers.write_text(shipped.replace("    organizational_units: [Payments]\n", ""), encoding="utf-8")
    found = Catalogue.load(tiers=tiers)
    return replace(found, controls=tuple(one for one in found.controls if one.id == "BKP-ENC-006"))


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Iterator[Engine]:
    """It in an engine."""
    path = catalogue.controls[0].path
    found = open_engine("embedded", {path: catalogue.modules[path]}, catalogue.data)
    yield found
    found.close()


@pytest.fixture
def result(catalogue: Catalogue, engine: Engine, tmp_path: Path) -> Callable[..., CheckResult]:
    """A check of documents by the control alone."""

    def run(*documents: Any) -> CheckResult:
        paths = [tmp_path / f"input-{number}.json" for number, _ in enumerate(documents)]
        for path, document in zip(paths, documents, strict=True):
            path.write_bytes(orjson.dumps(document))
        inputs = read_inputs(tuple(paths), Assumed(ACCOUNT, "eu-west-1"))
        options = CheckOptions(ACCOUNT, "eu-west-1", "")
        return judge_inputs(inputs, engine, catalogue, Settings(as_of=AS_OF), options)

    return run


@pytest.fixture
def said(result: Callable[..., CheckResult]) -> Said:
    """What the control says of the one resource of documents: a verdict, or the codes of its reasons."""

    def run(*documents: Any) -> str:
        found = result(*documents)
        [(verdict, count)] = [(verdict, count) for verdict, count in found.counts.items() if count]
        assert count == 1
        codes = [reason.code for entry in found.entries for reason in entry.reasons]
        return " ".join(codes) if verdict == "NON_COMPLIANT" else str(verdict)

    return run


def made(kind: str, tier: str = "gold", **values: Any) -> Plan:
    """A resource of a tier, and a key of KMS."""
    plan = Plan()
    plan.add("aws_kms_key.main", arn=Later(KEY), id=Later(ID), key_id=Later(ID), is_enabled=True)
    tags: Json = {"tags": {"backup-tier": tier}, "tags_all": {"backup-tier": tier}}
    return plan.add(f"{kind}.data", id=Later("data"), **tags, **values)


CLUSTERS = ("aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster")
VOLUME, DATABASE, TABLE = "aws_ebs_volume", "aws_db_instance", "aws_dynamodb_table"
RESTORED = {"storage_encrypted": True, "snapshot_identifier": "s"}


@pytest.mark.parametrize(
    ("kind", "values", "gold", "records"),
    [
        (DATABASE, {"storage_encrypted": True, "kms_key_id": COMPUTED}, WANTED, KEPT),
        (DATABASE, {"storage_encrypted": True, "kms_key_id": f"{ALIAS}aws/rds"}, WANTED, KEPT),
        (DATABASE, {"storage_encrypted": True, "kms_key_id": OF_KEY}, PASS, PASS),
        (DATABASE, {"storage_encrypted": True, "kms_key_id": f"{ALIAS}data"}, PASS, PASS),
        (DATABASE, {"storage_encrypted": True, "kms_key_id": OTHER}, OPEN, OPEN),
        (DATABASE, {"storage_encrypted": True, "kms_key_id": UNSAID}, OPEN, OPEN),
        (DATABASE, {"storage_encrypted": IS_ON, "kms_key_id": COMPUTED}, OPEN, OPEN),
        (DATABASE, {"storage_encrypted": False, "kms_key_id": COMPUTED}, PLAIN, PASS),
        (DATABASE, {"storage_encrypted": None, "kms_key_id": COMPUTED}, PLAIN, PASS),
        (DATABASE, {"storage_encrypted": False, "kms_key_id": OF_KEY}, OPEN, OPEN),
        # what is restored has the key of its snapshot, whatever an instance of RDS names
        (DATABASE, {**RESTORED, "kms_key_id": COMPUTED}, OPEN, OPEN),
        (DATABASE, {**RESTORED, "kms_key_id": OF_KEY}, OPEN, OPEN),
        (DATABASE, {**RESTORED, "kms_key_id": OF_KEY, "snapshot_identifier": UNSAID}, OPEN, OPEN),
        (DATABASE, {**RESTORED, "kms_key_id": OF_KEY, "snapshot_identifier": COMPUTED}, PASS, PASS),
        (DATABASE, {**RESTORED, "kms_key_id": COMPUTED, "snapshot_identifier": COMPUTED}, WANTED, KEPT),
        (DATABASE, {**RESTORED, "kms_key_id": COMPUTED, "snapshot_identifier": None}, WANTED, KEPT),
        ("aws_docdb_cluster", {**RESTORED, "kms_key_id": OF_KEY}, PASS, PASS),
        *((kind, {"storage_encrypted": True, "kms_key_id": COMPUTED}, WANTED, KEPT) for kind in CLUSTERS),
        *((kind, {"storage_encrypted": True, "kms_key_id": OF_KEY}, PASS, PASS) for kind in CLUSTERS),
        ("aws_docdb_cluster", {"storage_encrypted": None, "kms_key_id": COMPUTED}, PLAIN, PASS),
        # Aurora takes a key that AWS owns, of which nothing says whether what lies under it can be copied
        ("aws_rds_cluster", {"storage_encrypted": COMPUTED, "kms_key_id": COMPUTED}, WANTED, OPEN),
        ("aws_rds_cluster", {"storage_encrypted": False, "kms_key_id": COMPUTED}, WANTED, OPEN),
        ("aws_redshift_cluster", {"encrypted": True, "kms_key_id": COMPUTED}, WANTED, NOTHING),
        ("aws_redshift_cluster", {"encrypted": "true", "kms_key_id": OF_KEY}, PASS, NOTHING),
        ("aws_redshiftserverless_namespace", {"kms_key_id": "AWS_OWNED_KMS_KEY"}, WANTED, NOTHING),
        ("aws_fsx_windows_file_system", {"kms_key_id": COMPUTED}, WANTED, KEPT),
        ("aws_fsx_windows_file_system", {"kms_key_id": COMPUTED, "backup_id": "backup-1"}, OPEN, OPEN),
        ("aws_fsx_openzfs_file_system", {"kms_key_id": OF_KEY}, PASS, PASS),
        ("aws_fsx_ontap_volume", {}, OPEN, OPEN),
        ("aws_storagegateway_cached_iscsi_volume", {"kms_encrypted": True, "kms_key": OF_KEY}, PASS, PASS),
        ("aws_storagegateway_cached_iscsi_volume", {"kms_encrypted": False}, OPEN, OPEN),
        (VOLUME, {"encrypted": True, "kms_key_id": OF_KEY}, PASS, PASS),
        (VOLUME, {"encrypted": True, "kms_key_id": f"{ALIAS}aws/ebs"}, WANTED, KEPT),
        # the defaults of its account decide
        (VOLUME, {"encrypted": True, "kms_key_id": COMPUTED}, OPEN, OPEN),
        (VOLUME, {"encrypted": False, "kms_key_id": COMPUTED}, OPEN, OPEN),
        (VOLUME, {"encrypted": COMPUTED, "kms_key_id": COMPUTED}, OPEN, OPEN),
        # whatever the Region's advanced features are, no copy of a table has its key
        (
            TABLE,
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": f"{ALIAS}data"}]},
            PASS,
            NOTHING,
        ),
        (TABLE, {"server_side_encryption": [{"enabled": False}]}, OPEN, NOTHING),
        ("aws_efs_file_system", {"encrypted": True, "kms_key_id": COMPUTED}, NOTHING, NOTHING),
        ("aws_instance", {}, NOTHING, NOTHING),
    ],
)
def test_the_key_of_what_a_plan_makes(said: Said, kind: str, values: Json, gold: str, records: str) -> None:
    """By what names it, and by what its service does where nothing does."""
    assert [said(made(kind, tier, **values).first()) for tier in ("gold", "records")] == [gold, records]


def test_tiers_that_demand_nothing_of_keys(said: Said) -> None:
    """Nor copies in another account: nothing is asked there."""
    values: Json = {"storage_encrypted": False, "kms_key_id": COMPUTED}
    assert {said(made(DATABASE, tier, **values).first()) for tier in ("silver", "exempt")} == {NOTHING}


def test_after_the_apply(said: Said, result: Callable[..., CheckResult]) -> None:
    """A key that is made stays the customer's; whose another one is, the state does not tell."""
    own: Json = {"storage_encrypted": True, "kms_key_id": OF_KEY}
    other: Json = {"storage_encrypted": True, "kms_key_id": COMPUTED}
    assert [said(made(DATABASE, **one).second()) for one in (own, other)] == [PASS, OPEN]
    assert f"no input makes {OTHER}" in messages(result(made(DATABASE, **other).second()))
    for kind, attribute in ((DATABASE, "storage_encrypted"), (VOLUME, "encrypted")):
        plain: Json = {attribute: False, "kms_key_id": ""}
        assert said(made(kind, **plain).second()) == PLAIN


def test_a_plan_without_its_configuration_names_no_key(said: Said) -> None:
    """What makes the key is not told, nor whether anything does: that is no finding."""
    for encrypted in (True, COMPUTED):
        document = made(DATABASE, storage_encrypted=encrypted, kms_key_id=COMPUTED).first()
        document["configuration"]["root_module"]["resources"] = []
        assert said(document) == OPEN
    planned = {"address": "aws_db_instance.a", "type": DATABASE, "name": "a", "mode": "managed"}
    values = {"tags_all": {"backup-tier": "gold"}, "identifier": "a"}
    listed = {"root_module": {"resources": [{**planned, "values": values}]}}
    assert said({"format_version": "1.2", "planned_values": listed}) == OPEN


def test_inputs_that_name_different_keys_leave_it_open(said: Said) -> None:
    """An input of its own may make the key."""
    values: Json = {"storage_encrypted": True, "identifier": "data"}
    apart = Plan().add("aws_db_instance.data", kms_key_id=KEY, tags_all={"backup-tier": "gold"}, **values)
    keys = Plan().add("aws_kms_key.main", arn=KEY, id=ID, key_id=ID, is_enabled=True)
    assert said(apart.second(), keys.second()) == PASS


def test_the_blocks_of_an_instance_are_volumes(result: Callable[..., CheckResult]) -> None:
    """Each under the key of its block; the instance itself is not asked about."""
    for key, expected in ((f"{ALIAS}data", "COMPLIANT"), (f"{ALIAS}aws/ebs", "NON_COMPLIANT"), (None, OPEN)):
        gold = {"backup-tier": "gold"}
        block = {"encrypted": True, "kms_key_id": key, "device_name": "/dev/sda1"}
        plan = Plan().add("aws_instance.app", tags_all=gold, volume_tags=gold, root_block_device=[block])
        counts = result(plan.first()).counts
        assert {verdict: count for verdict, count in counts.items() if count} == {NOTHING: 1, expected: 1}


def test_the_replica_of_a_table_has_a_key_of_its_own(result: Callable[..., CheckResult]) -> None:
    """That of its table is of another Region."""
    keyed = {"enabled": True, "kms_key_arn": f"{ALIAS}data"}
    replica = {"region_name": "eu-west-3", "propagate_tags": True}
    plan = made(TABLE, name="data", server_side_encryption=[keyed], replica=[replica])
    found = result(plan.first())
    assert {verdict: count for verdict, count in found.counts.items() if count} == {PASS: 1, OPEN: 1}
    assert "its table and the Region decide on the key of a replica" in messages(found)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("aws_kms_key", {"arn": OTHER, "key_manager": "CUSTOMER"}, PASS),
        ("aws_kms_key", {"arn": OTHER, "key_manager": "AWS"}, WANTED),
        ("aws_kms_key", {"arn": OTHER, "key_manager": 1}, OPEN),
        ("aws_kms_key", {"arn": KEY, "key_manager": "CUSTOMER"}, OPEN),
        ("aws_kms_alias", {"target_key_arn": OTHER, "name": "alias/data"}, PASS),
        ("aws_kms_alias", {"target_key_arn": OTHER, "name": "alias/aws/rds"}, WANTED),
        ("aws_kms_alias", {"target_key_arn": OTHER, "name": None}, OPEN),
        ("aws_kms_ciphertext", {"target_key_arn": OTHER, "name": "alias/data"}, OPEN),
    ],
)
def test_what_a_data_source_has_read_of_a_key(said: Said, kind: str, values: Json, expected: str) -> None:
    """In whatever module: whose it is, and of an alias what its name says."""
    plan = made(DATABASE, storage_encrypted=True, kms_key_id=OTHER)
    read = {"address": f"data.{kind}.it", "mode": "data", "type": kind, "name": "it", "values": values}
    inner = {"resources": [read]}
    plan.more["prior_state"] = {"values": {"root_module": {"child_modules": [inner]}}}
    assert said(plan.first()) == expected
    read["mode"] = "managed"
    assert said(plan.first()) == OPEN


@pytest.mark.parametrize(
    ("management", "expected"),
    [
        ({"DynamoDB": True}, NOTHING),
        ({"DynamoDB": False}, WANTED),
        (UNSAID, OPEN),
        ({"DynamoDB": "true"}, OPEN),
    ],
)
def test_the_settings_of_a_region_say_whether_a_table_keeps_its_key(
    said: Said, management: Any, expected: str
) -> None:
    """Under full management its backups have the vault's, without it the table's own: here one of AWS."""
    plan = made(TABLE, name="data", server_side_encryption=[{"enabled": False}])
    settings: Json = {"resource_type_management_preference": management}
    plan.add("aws_backup_region_settings.here", resource_type_opt_in_preference={}, **settings)
    assert said(plan.first()) == expected


def stack(kind: str, tier: str, **properties: Any) -> Json:
    """A template with a resource of a tier, a key with an alias, and a parameter that has no value."""
    tags = [{"Key": "backup-tier", "Value": tier}]
    return {
        "Parameters": {"Unsaid": {"Type": "String"}},
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Data": {"Type": kind, "Properties": {"Tags": tags, **properties}},
            "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
            "Alias": {
                "Type": "AWS::KMS::Alias",
                "Properties": {"AliasName": "alias/data", "TargetKeyId": {"Ref": "Key"}},
            },
        },
    }


RDS = "AWS::RDS::DBInstance"
CUSTOMERS = {"StorageEncrypted": True, "KmsKeyId": {"Ref": "Key"}}


@pytest.mark.parametrize(
    ("kind", "properties", "gold", "records"),
    [
        (RDS, {"StorageEncrypted": True}, WANTED, KEPT),
        (RDS, {"StorageEncrypted": "true", "KmsKeyId": "alias/aws/rds"}, WANTED, KEPT),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": {"Ref": "Key"}}, PASS, PASS),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}, PASS, PASS),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": {"Ref": "Alias"}}, PASS, PASS),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": OTHER}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": ID}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": {"Ref": "Unsaid"}}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": {"Ref": "Unsaid"}}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": {"Fn::If": ["Never", True, False]}}, PLAIN, PASS),
        (RDS, {}, PLAIN, PASS),
        (RDS, {"KmsKeyId": {"Ref": "Key"}}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": True, "KmsKeyId": [OTHER]}, OPEN, OPEN),
        (RDS, {"StorageEncrypted": True, "DBSnapshotIdentifier": "s"}, OPEN, OPEN),
        (RDS, {**CUSTOMERS, "DBSnapshotIdentifier": "s"}, OPEN, OPEN),
        (RDS, {**CUSTOMERS, "SourceDBInstanceIdentifier": "s", "UseLatestRestorableTime": True}, OPEN, OPEN),
        (RDS, {**CUSTOMERS, "SourceDBInstanceIdentifier": "s"}, PASS, PASS),
        ("AWS::RDS::DBCluster", {**CUSTOMERS, "SnapshotIdentifier": "s"}, PASS, PASS),
        ("AWS::RDS::DBCluster", {"StorageEncrypted": True}, WANTED, KEPT),
        ("AWS::RDS::DBCluster", {}, WANTED, OPEN),
        ("AWS::DocDB::DBCluster", {"StorageEncrypted": True}, WANTED, KEPT),
        ("AWS::Neptune::DBCluster", {"StorageEncrypted": False}, PLAIN, PASS),
        ("AWS::Redshift::Cluster", {"Encrypted": True, "KmsKeyId": {"Ref": "Key"}}, PASS, NOTHING),
        ("AWS::Redshift::Cluster", {}, WANTED, NOTHING),
        ("AWS::FSx::FileSystem", {"FileSystemType": "WINDOWS"}, WANTED, KEPT),
        ("AWS::FSx::FileSystem", {"FileSystemType": "WINDOWS", "BackupId": "b"}, OPEN, OPEN),
        ("AWS::FSx::Volume", {"VolumeType": "ONTAP"}, OPEN, OPEN),
        ("AWS::EC2::Volume", {"Encrypted": True, "KmsKeyId": "alias/data"}, PASS, PASS),
        ("AWS::EC2::Volume", {"Encrypted": True, "KmsKeyId": "alias/aws/ebs"}, WANTED, KEPT),
        ("AWS::EC2::Volume", {"Encrypted": True}, OPEN, OPEN),
        ("AWS::EC2::Volume", {}, OPEN, OPEN),
        ("AWS::DynamoDB::Table", {}, OPEN, NOTHING),
        ("AWS::DynamoDB::Table", {"SSESpecification": {"SSEEnabled": True}}, OPEN, NOTHING),
        (
            "AWS::DynamoDB::Table",
            {"SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": {"Ref": "Key"}}},
            PASS,
            NOTHING,
        ),
        ("AWS::EC2::Instance", {}, NOTHING, NOTHING),
    ],
)
def test_the_key_of_what_a_template_makes(
    said: Said, kind: str, properties: Json, gold: str, records: str
) -> None:
    """By functions and conditions, by an alias, and by what the template does not tell."""
    assert [said(stack(kind, tier, **properties)) for tier in ("gold", "records")] == [gold, records]


def test_the_mappings_of_an_instance_are_volumes(result: Callable[..., CheckResult]) -> None:
    """They have its tags where it passes them on."""
    for key, expected in (("alias/data", "COMPLIANT"), ("alias/aws/ebs", "NON_COMPLIANT"), (None, OPEN)):
        block = {"Encrypted": True} | ({} if key is None else {"KmsKeyId": key})
        mappings = [{"DeviceName": "/dev/sda1", "Ebs": block}]
        template = stack(
            "AWS::EC2::Instance", "gold", BlockDeviceMappings=mappings, PropagateTagsToVolumeOnCreation=True
        )
        counts = result(template).counts
        assert {verdict: count for verdict, count in counts.items() if count} == {NOTHING: 1, expected: 1}


def test_a_global_table_has_a_key_in_each_region(result: Callable[..., CheckResult]) -> None:
    """Where the whole of it is encrypted with keys that are not AWS's own."""
    gold = [{"Key": "backup-tier", "Value": "gold"}]
    keyed = {"Region": "eu-west-1", "Tags": gold, "SSESpecification": {"KMSMasterKeyId": "alias/data"}}
    replicas = [keyed, {"Region": "eu-west-3", "Tags": gold}]
    for specified, expected in (({"SSEEnabled": True}, {PASS: 1, OPEN: 1}), (None, {OPEN: 2})):
        more = {} if specified is None else {"SSESpecification": specified}
        found = result(stack("AWS::DynamoDB::GlobalTable", "gold", Replicas=replicas, **more))
        assert {verdict: count for verdict, count in found.counts.items() if count} == expected


def test_why_it_is_not_known_is_said(result: Callable[..., CheckResult]) -> None:
    """Of each resource by itself."""
    unsaid = made(DATABASE, storage_encrypted=True, kms_key_id=UNSAID)
    unsaid.add("aws_ebs_volume.data", tags_all={"backup-tier": "gold"}, kms_key_id=COMPUTED)
    sentences = messages(result(unsaid.first()))
    assert "kms_key_id is known only after the apply (var.key)" in sentences
    assert "the defaults of its account for EBS decide, which the plan does not tell" in sentences
