"""Continuous backups of databases are the automated backups of RDS."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.executor.drivers.rds_continuous import ContinuousAuroraDriver, ContinuousRdsDriver
from auditor.executor.seam.continuous import ContinuousDriver, LaterError
from auditor.executor.seam.driver import DriverError
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT, REGION = "123456789012", "eu-west-1"
HERE = (ACCOUNT, REGION)
HEAD = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:continuous:"
MASTER = {"MasterUsername": "admin1", "MasterUserPassword": "password1"}


@pytest.fixture
def rds(clients: Clients) -> Any:
    """A client."""
    return clients("rds", *HERE)


def make_instance(rds: Any, days: int = 7) -> Resource:
    """An instance whose automated backups are kept for `days`."""
    made = rds.create_db_instance(
        DBInstanceIdentifier="data",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        BackupRetentionPeriod=days,
        PreferredBackupWindow="01:00-01:30",
        **MASTER,
    )["DBInstance"]
    return Resource(made["DBInstanceArn"], ACCOUNT, REGION, "RDS", "data")


def make_cluster(rds: Any) -> Resource:
    """A cluster."""
    made = rds.create_db_cluster(DBClusterIdentifier="data", Engine="aurora-mysql", **MASTER)["DBCluster"]
    return Resource(made["DBClusterArn"], ACCOUNT, REGION, "Aurora", "data")


def listen(rds: Any, operation: str) -> list[dict[str, Any]]:
    """The parameters of the calls of an operation from now on."""
    calls: list[dict[str, Any]] = []
    rds.meta.events.register(
        f"provide-client-params.rds.{operation}", lambda params, **_: calls.append(dict(params))
    )
    return calls


def test_an_instance(rds: Any, clients: Clients) -> None:
    """The retention is set, and nothing else; it is changed where another one is asked for."""
    resource, driver = make_instance(rds), ContinuousRdsDriver(clients)
    calls = listen(rds, "ModifyDBInstance")
    made = [driver.start(resource, vault_key_arn=None, token="t", days=days) for days in (7, 10, 10)]
    arn = made[0].arn
    driver.refresh(arn, *HERE)
    (instance,) = rds.describe_db_instances()["DBInstances"]

    assert isinstance(driver, ContinuousDriver)
    assert {m.arn for m in made} == {HEAD + instance["DbiResourceId"]}
    assert (made[0].size_bytes, made[0].encrypted) == (20 << 30, False)
    assert (instance["BackupRetentionPeriod"], instance["PreferredBackupWindow"]) == (10, "01:00-01:30")
    assert driver.renew(arn, resource, 10) == made[0]
    assert driver.settled(arn, *HERE)
    wanted = {"DBInstanceIdentifier": "data", "BackupRetentionPeriod": 10, "ApplyImmediately": True}
    assert calls == [wanted]
    driver.delete(arn, *HERE)
    assert calls[1:] == [wanted | {"BackupRetentionPeriod": 0, "ApplyImmediately": False}]
    rds.modify_db_instance(DBInstanceIdentifier="data", BackupRetentionPeriod=0)
    with pytest.raises(DriverError, match="were turned off"):
        driver.refresh(arn, *HERE)
    rds.delete_db_instance(DBInstanceIdentifier="data", SkipFinalSnapshot=True)
    with pytest.raises(DriverError) as gone:
        driver.refresh(arn, *HERE)
    assert gone.value.category == "RESOURCE_NOT_FOUND"
    driver.delete(arn, *HERE)


def test_an_instance_without_automated_backups(rds: Any, clients: Clients) -> None:
    """To turn them on is an outage: RDS is asked for it in the maintenance window, once."""
    resource, driver = make_instance(rds, days=0), ContinuousRdsDriver(clients)
    calls: list[dict[str, Any]] = []

    def answer(params: dict[str, Any], **_event: Any) -> Any:
        calls.append(params)
        (instance,) = rds.describe_db_instances(DBInstanceIdentifier="data")["DBInstances"]
        pending = {"PendingModifiedValues": {"BackupRetentionPeriod": 5}}
        return _Response(), {"DBInstance": instance | pending}

    rds.meta.events.register("before-call.rds.ModifyDBInstance", answer)
    with pytest.raises(LaterError, match="begin in its next maintenance window"):
        driver.start(resource, vault_key_arn=None, token="t", days=5)

    assert [call["body"]["ApplyImmediately"] for call in calls] == ["false"]


class _Response:
    """An HTTP answer without errors."""

    status_code = 200


def test_an_instance_is_restored_to_a_time(rds: Any, clients: Clients) -> None:
    """RestoreTime or the latest one; asked again under a token, the same instance."""
    resource, driver = make_instance(rds), ContinuousRdsDriver(clients)
    arn = driver.start(resource, vault_key_arn=None, token="t", days=7).arn
    calls = listen(rds, "RestoreDBInstanceToPointInTime")
    timed = {"DBInstanceIdentifier": "again", "RestoreTime": "2026-01-05T10:30:00Z"}
    made = [driver.restore(arn, place=HERE, metadata=timed, token="t", tags={"a": "b"}) for _ in range(2)]
    latest = {"DBInstanceIdentifier": "latest", "UseLatestRestorableTime": "true"}
    driver.restore(arn, place=HERE, metadata=latest, token="t", tags={})

    assert made == [f"arn:aws:rds:{REGION}:{ACCOUNT}:db:again"] * 2
    tag = [{"Key": "auditor:job", "Value": "t"}]
    assert calls == [
        {
            "SourceDBInstanceIdentifier": "data",
            "TargetDBInstanceIdentifier": "again",
            "RestoreTime": datetime(2026, 1, 5, 10, 30, tzinfo=UTC),
            "Tags": [{"Key": "a", "Value": "b"}, *tag],
        },
        {
            "SourceDBInstanceIdentifier": "data",
            "TargetDBInstanceIdentifier": "latest",
            "UseLatestRestorableTime": True,
            "Tags": tag,
        },
    ]
    for wrong in ({}, {"RestoreTime": "x"}, {"UseLatestRestorableTime": "false"}, timed | latest):
        with pytest.raises(DriverError, match="RestoreTime"):
            driver.restore(
                arn, place=HERE, metadata=latest | {"UseLatestRestorableTime": ""} | wrong, token="u", tags={}
            )


def test_a_cluster(rds: Any, clients: Clients) -> None:
    """As an instance, in the words of clusters; what is deleted is kept for the least, a day."""
    resource, driver = make_cluster(rds), ContinuousAuroraDriver(clients)
    arn = driver.start(resource, vault_key_arn=None, token="t", days=9).arn
    (cluster,) = rds.describe_db_clusters()["DBClusters"]
    metadata = driver.restore_metadata(arn, *HERE)
    inferred = driver.infer(arn, HERE, "T")
    made = driver.restore(arn, place=HERE, metadata=inferred, token="t", tags={})

    assert arn == HEAD + cluster["DbClusterResourceId"]
    assert cluster["BackupRetentionPeriod"] == 9
    assert {"EarliestRestorableTime", "LatestRestorableTime"} <= metadata.keys()
    assert inferred == {
        "DBClusterIdentifier": "awsbackup-restore-test-t",
        "Engine": "aurora-mysql",
        "UseLatestRestorableTime": "true",
    }
    assert made == f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:awsbackup-restore-test-t"
    driver.delete(arn, *HERE)
    kept = {
        c["DBClusterIdentifier"]: c["BackupRetentionPeriod"] for c in rds.describe_db_clusters()["DBClusters"]
    }
    assert kept["data"] == 1
