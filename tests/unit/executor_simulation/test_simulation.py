from collections.abc import Callable
from typing import Any

import pytest

from auditor.executor.engine.run import OUT_OF_RANGE
from auditor.model.errors import UsageError

Simulated = Callable[..., dict[str, Any]]
EBS = {"resources": [{"type": "EBS", "count": 4, "size_gib": 2, "tags": {"backup-tier": "gold"}}]}


def points(report: dict[str, Any]) -> list[tuple[str, str, str, str, int]]:
    """Day, vault, Region, storage class and count of each row of the timeline."""
    return [
        (row["at"][:10], row["vault"], row["region"], row["storage_class"], row["count"])
        for row in report["recovery_points"]
    ]


def jobs(report: dict[str, Any]) -> list[tuple[str, str, str, str, int]]:
    """Kind, rule, state, category and count of the jobs."""
    return [(row["kind"], row["rule"], row["state"], row["category"], row["count"]) for row in report["jobs"]]


def test_recovery_points_grow_to_their_retention_and_stay(plan: dict[str, Any], simulated: Simulated) -> None:
    """Ten days of retention are ten recovery points a volume; the one that ends today goes within 8 hours."""
    report = simulated(plan, EBS)

    assert jobs(report) == [("backup", "night", "COMPLETED", "SUCCESS", 80)]
    assert points(report) == [
        ("2026-01-10", "vault", "us-east-1", "WARM", 20),
        ("2026-01-15", "vault", "us-east-1", "WARM", 40),
        ("2026-01-20", "vault", "us-east-1", "WARM", 40),
        ("2026-01-25", "vault", "us-east-1", "WARM", 40),
    ]
    assert report["recovery_points"][0] == {
        "at": "2026-01-10T00:00:00Z",
        "tier": "gold",
        "plan": "nightly",
        "rule": "night",
        "vault": "vault",
        "region": "us-east-1",
        "resource_type": "EBS",
        "storage_class": "WARM",
        "count": 20,
        "size_bytes": 20 * 2 * 2**30,
    }
    assert report["failures"] == []


def test_stacks_are_simulated_as_composites_with_their_templates(
    plan: dict[str, Any], simulated: Simulated
) -> None:
    """Each backup and each copy is two jobs and two recovery points, which go together."""
    arn = "arn:aws:backup:us-east-1:111122223333:backup-vault:copies"
    copied = {"DestinationBackupVaultArn": arn, "Lifecycle": {"DeleteAfterDays": 5}}
    plan["Rules"][0]["CopyActions"] = [copied]
    report = simulated(plan, {"resources": [{"type": "CloudFormation", "name": "shop"}]}, every=10)

    assert jobs(report) == [
        ("backup", "night", "COMPLETED", "SUCCESS", 40),
        ("copy", "night", "COMPLETED", "SUCCESS", 40),
    ]
    assert points(report) == [
        ("2026-01-15", "copies", "us-east-1", "WARM", 10),
        ("2026-01-15", "vault", "us-east-1", "WARM", 20),
        ("2026-01-25", "copies", "us-east-1", "WARM", 10),
        ("2026-01-25", "vault", "us-east-1", "WARM", 20),
    ]


@pytest.mark.long
def test_parts_in_processes_add_up_to_the_whole(plan: dict[str, Any], simulated: Simulated) -> None:
    """Three processes find what one finds."""
    inventory = {**EBS, "accounts": ["111122223333", "444455556666"]}

    assert simulated(plan, inventory, workers=3) == simulated(plan, inventory)


@pytest.mark.parametrize(("least", "state"), [(10, "COMPLETED"), (11, "FAILED")])
def test_a_lock_fails_jobs_below_its_minimum(
    plan: dict[str, Any], simulated: Simulated, least: int, state: str
) -> None:
    """Ten days pass a minimum of 10 and fail one of 11, with AWS Backup's words and the jobs named."""
    lock = {"min_retention_days": least, "changeable_for_days": 3}

    report = simulated(plan, {**EBS, "vaults": [{"name": "vault", "lock": lock}]}, days=1)

    category = "SUCCESS" if state == "COMPLETED" else "INVALID_LIFECYCLE"
    assert jobs(report) == [("backup", "night", state, category, 4)]
    assert [(row["count"], row["message"], len(row["examples"])) for row in report["failures"]] == (
        []
        if state == "COMPLETED"
        else [
            (
                4,
                f"Backup job failed. {OUT_OF_RANGE}",
                3,
            )
        ]
    )


def test_listed_vaults_are_the_only_ones(plan: dict[str, Any], simulated: Simulated) -> None:
    """A rule into a vault that the inventory does not list fails."""
    report = simulated(plan, {**EBS, "vaults": []}, days=1)

    assert [(row["category"], row["count"]) for row in report["failures"]] == [("RESOURCE_NOT_FOUND", 4)]


def test_copies_lie_in_the_other_region(plan: dict[str, Any], simulated: Simulated) -> None:
    """A copy action makes copy jobs and recovery points there."""
    vault = "arn:aws:backup:eu-central-1:111122223333:backup-vault:away"
    plan["Rules"][0]["CopyActions"] = [{"DestinationBackupVaultArn": vault}]

    report = simulated(plan, {**EBS, "regions": ["eu-west-1"]}, days=2)

    assert jobs(report) == [
        ("backup", "night", "COMPLETED", "SUCCESS", 8),
        ("copy", "night", "COMPLETED", "SUCCESS", 8),
    ]
    assert points(report) == [
        ("2026-01-07", "away", "eu-central-1", "WARM", 8),
        ("2026-01-07", "vault", "eu-west-1", "WARM", 8),
    ]


@pytest.mark.parametrize(("enabled", "state"), [(True, "COMPLETED"), (False, "FAILED")])
def test_copies_to_another_account_need_the_setting_the_policy_and_a_key(
    plan: dict[str, Any], simulated: Simulated, *, enabled: bool, state: str
) -> None:
    """With all three they are made; without the setting they fail."""
    vault = "arn:aws:backup:us-east-1:444455556666:backup-vault:away"
    plan["Rules"][0]["CopyActions"] = [{"DestinationBackupVaultArn": vault}]
    selection = {
        "SelectionName": "hers",
        "IamRoleArn": "arn:aws:iam::111122223333:role/backup",
        "Resources": ["arn:aws:ec2:us-east-1:111122223333:volume/*"],
    }
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "backup:CopyIntoBackupVault",
        "Resource": "*",
    }
    key = "arn:aws:kms:us-east-1:444455556666:key/1"
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    vaults = [
        {"name": "vault", "account": "111122223333"},
        {"name": "away", "account": "444455556666", "policy": policy, "key_arn": key},
    ]
    accounts = ["111122223333", "444455556666"]
    inventory = {**EBS, "accounts": accounts, "vaults": vaults, "cross_account_backup": enabled}

    report = simulated({"BackupPlan": plan, "BackupSelections": [selection]}, inventory, days=1)

    assert [(row["state"], row["count"]) for row in report["jobs"] if row["kind"] == "copy"] == [(state, 4)]
    assert ("away" in {row["vault"] for row in report["recovery_points"]}) is enabled


def test_cold_storage_begins_on_its_day(plan: dict[str, Any], simulated: Simulated) -> None:
    """Volumes go to the archive with the opt-in; buckets have no cold storage and ignore it."""
    plan["Rules"][0] |= {
        "ScheduleExpression": "cron(0 1 5 1 ? 2026)",
        "Lifecycle": {
            "MoveToColdStorageAfterDays": 4,
            "DeleteAfterDays": 94,
            "OptInToArchiveForSupportedResources": True,
        },
    }
    inventory = {"resources": [{"type": "EBS"}, {"type": "S3"}]}

    report = simulated(plan, inventory, days=5, every=4)

    assert [
        (row["at"][:10], row["resource_type"], row["storage_class"]) for row in report["recovery_points"]
    ] == [
        ("2026-01-09", "EBS", "WARM"),
        ("2026-01-09", "S3", "WARM"),
        ("2026-01-10", "EBS", "COLD"),
        ("2026-01-10", "S3", "WARM"),
    ]


def test_selections_choose(plan: dict[str, Any], simulated: Simulated) -> None:
    """A document with BackupSelections protects what they select, and nothing else."""
    selection = {
        "SelectionName": "gold",
        "IamRoleArn": "arn:aws:iam::111122223333:role/backup",
        "ListOfTags": [
            {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "gold"}
        ],
    }
    inventory = {"resources": [*EBS["resources"], {"type": "EBS", "count": 5}]}

    report = simulated({"BackupPlan": plan, "BackupSelections": [selection]}, inventory, days=1)

    assert jobs(report) == [("backup", "night", "COMPLETED", "SUCCESS", 4)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Lifecycel": {}}, 'boto3 would refuse CreateBackupPlan: .*"Lifecycel"'),
        (
            {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}},
            "AWS Backup would refuse CreateBackupPlan: InvalidParameterValueException: Invalid lifecycle",
        ),
        ({"ScheduleExpression": "cron(0 1 * * * *)"}, "AWS Backup would refuse CreateBackupPlan"),
    ],
)
def test_what_aws_backup_would_refuse_is_refused(
    plan: dict[str, Any], simulated: Simulated, change: dict[str, Any], words: str
) -> None:
    """A misspelt member, a lifecycle 89 days apart, a wrong schedule: refused before anything runs."""
    plan["Rules"][0] |= change

    with pytest.raises(UsageError, match=words):
        simulated(plan, EBS)


@pytest.mark.parametrize(
    ("inventory", "words"),
    [
        (
            {"resources": [{"type": "EBS", "cuont": 3}]},
            r"inventory\.yaml:2: unknown key 'cuont'; the",
        ),
        ({"resources": [{"type": "Tape"}]}, r"inventory\.yaml:2: Resource type 'Tape' is not one of"),
        (
            {"resources": [{"type": "EBS"}], "accounts": ["1"]},
            r"inventory\.yaml:2: entry 1 of 'accounts'",
        ),
        ({}, r"inventory\.yaml:1: the document lacks the key 'resources'"),
    ],
)
def test_a_wrong_inventory_is_refused(
    plan: dict[str, Any], simulated: Simulated, inventory: dict[str, Any], words: str
) -> None:
    """The sentence names the file and the line."""
    with pytest.raises(UsageError, match=words):
        simulated(plan, inventory)
