"""Databases and file systems beside the well-known ones: what is listed, as what, and where."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AWAY, HOME, SINCE, World, standing
from tests.loopback.world import Item, Place
from tests.truth.test_scope_part import states

TAGS = [{"Key": "Name", "Value": "one"}, {"Key": "team", "Value": "blue"}]
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer"
#: What is asked for where AWS Backup offers the type only.
SOMEWHERE = ("DescribeClusters", "DescribeFileSystems")


def cluster(world: World, engine: str, **members: Any) -> None:
    """Add a cluster as the RDS API lists it, under the name of its engine."""
    document = {
        "DBClusterIdentifier": engine,
        "DBClusterArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster:{engine}",
        "ClusterCreateTime": SINCE,
        "Engine": engine,
        "Status": "available",
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "TagList": TAGS,
    }
    world.at().db_clusters.append(document | members)


def found(judged: Judgement) -> dict[str, dict[str, Any]]:
    """The resources of the evidence but the standing volume, by the end of their ARN."""
    rows = Evidence.open(judged.run).read("resources", ACCOUNT, HOME).to_pylist()
    return {row["arn"].split(":", 5)[5]: row for row in rows if row["resource_type"] != "EBS"}


def kinds(judged: Judgement) -> dict[str, str]:
    """The types of these."""
    return {name: row["resource_type"] for name, row in found(judged).items()}


@pytest.mark.long
def test_each_cluster_is_listed_once_as_the_type_of_its_engine(tmp_path: Path) -> None:
    """DocumentDB's and Neptune's come with those of RDS; one call tells all, and neither is Aurora."""
    world = standing(14)
    for engine in ("docdb", "neptune", "aurora-mysql", "postgres"):
        cluster(world, engine)
    cluster(world, "docdb", DBClusterArn=f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster:gone", Status="deleting")

    judged = audit(world, tmp_path)

    assert kinds(judged) == {
        "cluster:docdb": "DocumentDB",
        "cluster:neptune": "Neptune",
        "cluster:aurora-mysql": "Aurora",
        "cluster:postgres": "RDS",
    }
    assert sum(call.operation == "DescribeDBClusters" for call in judged.calls) == 2
    assert (judged.gaps, states(judged, "Neptune")) == ([], {"READ": 2})


def test_a_cluster_of_redshift(tmp_path: Path) -> None:
    """It has an ARN that no answer tells; one of which the final snapshot is taken is gone."""
    world = standing(14)
    document: Item = {
        "ClusterIdentifier": "sales",
        "ClusterCreateTime": SINCE,
        "ClusterStatus": "available",
        "Encrypted": True,
        "KmsKeyId": KEY,
        "Tags": TAGS,
    }
    for status in ("available", "paused", "creating", "deleting", "final-snapshot"):
        world.resource("Redshift", **document | {"ClusterStatus": status, "ClusterIdentifier": status})
    world.page_size = 2

    judged = audit(world, tmp_path)

    assert [*found(judged)] == ["cluster:available", "cluster:paused", "cluster:creating"]
    assert found(judged)["cluster:available"] == {
        "arn": f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:available",
        "resource_type": "Redshift",
        "name": "available",
        "created_at": SINCE,
        "tags": [("Name", "one"), ("team", "blue")],
        "encrypted": True,
        "kms_key_arn": KEY,
        "attached": None,
        "running": None,
        "file_system_type": None,
    }


def file_system(world: World, name: str, kind: str, **members: Any) -> None:
    """Add a file system of FSx."""
    document: Item = {
        "FileSystemId": name,
        "FileSystemType": kind,
        "Lifecycle": "AVAILABLE",
        "CreationTime": SINCE,
        "KmsKeyId": KEY,
        "ResourceARN": f"arn:aws:fsx:{HOME}:{ACCOUNT}:file-system/{name}",
        "Tags": TAGS,
    }
    world.resource("FSx", **document | members)


def volume(name: str, system: str = "fs-ontap", **about: Any) -> Item:
    """A volume of ONTAP."""
    return {
        "VolumeId": name,
        "FileSystemId": system,
        "VolumeType": "ONTAP",
        "Name": name,
        "Lifecycle": "CREATED",
        "CreationTime": SINCE,
        "ResourceARN": f"arn:aws:fsx:{HOME}:{ACCOUNT}:volume/{system}/{name}",
        "OntapConfiguration": {"OntapVolumeType": "RW"} | about,
    }


def with_file_systems() -> World:
    """One file system of every kind, and volumes of ONTAP."""
    world = standing(14)
    file_system(world, "fs-windows", "WINDOWS")
    file_system(world, "fs-zfs", "OPENZFS")
    file_system(world, "fs-gone", "OPENZFS", Lifecycle="DELETING")
    file_system(world, "fs-lustre", "LUSTRE", LustreConfiguration={"DeploymentType": "PERSISTENT_2"})
    file_system(world, "fs-scratch", "LUSTRE", LustreConfiguration={"DeploymentType": "SCRATCH_2"})
    linked = {"DeploymentType": "PERSISTENT_1", "DataRepositoryConfiguration": {"ImportPath": "s3://data"}}
    file_system(world, "fs-linked", "LUSTRE", LustreConfiguration=linked)
    for name in ("associated", "unlinked"):
        file_system(world, f"fs-{name}", "LUSTRE", LustreConfiguration={"DeploymentType": "PERSISTENT_2"})
    file_system(world, "fs-ontap", "ONTAP")
    volumes = [
        volume("fsvol-data"),
        volume("fsvol-more"),
        volume("fsvol-root", StorageVirtualMachineRoot=True),
        volume("fsvol-mirror", OntapVolumeType="DP"),
        volume("fsvol-going") | {"Lifecycle": "DELETING"},
    ]

    def asked(_place: Place, given: Any) -> Item:
        assert given["Filters"] == [{"Name": "file-system-id", "Values": ["fs-ontap"]}]
        return {"Volumes": volumes}

    associations = [
        {"AssociationId": "dra-1", "FileSystemId": "fs-unlinked", "Lifecycle": "FAILED"},
        {"AssociationId": "dra-2", "FileCacheId": "fc-1", "Lifecycle": "AVAILABLE"},
        {"AssociationId": "dra-3", "FileSystemId": "fs-associated", "Lifecycle": "AVAILABLE"},
    ]
    world.operations["fsx", "DescribeVolumes"] = asked
    world.operations["fsx", "DescribeDataRepositoryAssociations"] = lambda _place, given: (
        {"Associations": associations[1:]}
        if given.get("NextToken")
        else {"Associations": associations[:1], "NextToken": "bW9y"}
    )
    return world


def test_what_fsx_can_back_up_is_listed_and_nothing_else(tmp_path: Path) -> None:
    """ONTAP by its volumes, the others by the file system; neither scratch nor mirrors nor what is going."""
    world = with_file_systems()
    world.page_size = 2

    judged = audit(world, tmp_path)

    assert kinds(judged) == dict.fromkeys(
        (
            "file-system/fs-windows",
            "file-system/fs-zfs",
            "file-system/fs-lustre",
            "file-system/fs-unlinked",
            "volume/fs-ontap/fsvol-data",
            "volume/fs-ontap/fsvol-more",
        ),
        "FSx",
    )
    rows = found(judged)
    about = ("name", "created_at", "tags", "encrypted", "kms_key_arn")
    assert tuple(rows["file-system/fs-zfs"][name] for name in about) == (
        "one",
        SINCE,
        [("Name", "one"), ("team", "blue")],
        True,
        KEY,
    )
    assert tuple(rows["volume/fs-ontap/fsvol-data"][name] for name in about) == (
        "fsvol-data",
        SINCE,
        [],
        None,
        None,
    )
    told = ("file-system/fs-zfs", "file-system/fs-lustre", "volume/fs-ontap/fsvol-data")
    assert [rows[name]["file_system_type"] for name in told] == ["OPENZFS", "LUSTRE", "ONTAP"]
    assert judged.gaps == []
    calls = Counter(call.operation for call in judged.calls if call.service == "fsx" and call.region == HOME)
    assert (calls["DescribeVolumes"], calls["DescribeDataRepositoryAssociations"]) == (3, 2)


@pytest.mark.parametrize(
    ("operation", "state", "left"),
    [
        ("DescribeVolumes", "PARTLY", 4),
        ("DescribeFileSystems", "DENIED", 0),
        ("DescribeDataRepositoryAssociations", "PARTLY", 4),
    ],
)
def test_what_is_refused_of_fsx_is_a_gap(tmp_path: Path, operation: str, state: str, left: int) -> None:
    """Without their volumes the file systems are read in part; without associations none of Lustre is."""
    judged = audit(with_file_systems(), tmp_path, faults=[denied(operation, region=HOME)])

    assert (len(found(judged)), states(judged, "FSx")) == (left, {state: 1, "READ": 1})
    assert ("fsx", operation) in {(gap["service"], gap["operation"]) for gap in judged.gaps}
    assert states(judged, "RDS") == {"READ": 2}


@pytest.mark.parametrize(
    ("named", "asked", "state"),
    [
        ({"EBS": True, "EFS": False}, set(), {"NOT_OFFERED": 2}),
        ({"EBS": True, "Redshift": False, "FSx": True}, {"redshift", "fsx"}, {"READ": 2}),
        ({}, {"redshift", "fsx"}, {"READ": 2}),
    ],
)
def test_a_type_is_asked_for_where_the_settings_of_the_region_name_it(
    tmp_path: Path, named: dict[str, bool], asked: set[str], state: dict[str, int]
) -> None:
    """Opted in or not; where they name no type at all, every type is asked for."""
    world = standing(14)
    for region in (HOME, AWAY):
        world.at(region).settings["ResourceTypeOptInPreference"] = named

    judged = audit(world, tmp_path)

    services = {call.service for call in judged.calls if call.operation in SOMEWHERE} - {"efs"}
    assert (services, judged.gaps) == (asked, [])
    assert (states(judged, "FSx"), states(judged, "EBS")) == (state, {"READ": 2})


def told(service: str, resource: str, **tags: str) -> tuple[str, dict[str, str]]:
    """An ARN with its tags, as the tagging API tells them."""
    return f"arn:aws:{service}:{HOME}:{ACCOUNT}:{resource}", tags


def with_one_of_each(created: datetime = SINCE, state: str = "ACTIVE") -> World:
    """One resource of each type whose list tells little, each with a tag."""
    world = standing(14)
    here = world.at()
    arns = dict(
        [
            told("eks", "cluster/web", team="eks"),
            told("dsql", "cluster/abc", team="dsql"),
            told("redshift-serverless", "namespace/0-1", team="serverless"),
            told("storagegateway", "gateway/sgw-1/volume/vol-9", team="gateway"),
            told("backup-gateway", "vm/vm-1", team="vm"),
        ]
    )
    here.tags |= arns
    _, dsql, serverless, gateway, machine = arns
    here.listed["EKS"] = ["web"]  # type: ignore[list-item]  # a list of names
    world.resource("DSQL", arn=dsql, identifier="abc")
    world.resource(
        "Redshift Serverless",
        namespaceArn=serverless,
        namespaceId="0-1",
        namespaceName="sales",
        creationDate=created,
        status="AVAILABLE",
        kmsKeyId="AWS_OWNED_KMS_KEY",
    )
    world.resource("Redshift Serverless", namespaceArn=f"{serverless}2", status="DELETING")
    world.resource("Storage Gateway", VolumeARN=gateway, VolumeId="vol-9")
    world.resource("VirtualMachine", ResourceArn=machine, Name="mail")
    hana = f"arn:aws:ssm-sap:{HOME}:{ACCOUNT}:HANA/app/DB/SYSTEMDB"
    world.resource(
        "SAP HANA on Amazon EC2", Arn=hana, DatabaseId="SYSTEMDB", Tags={"team": "sap", "empty": ""}
    )
    about = {"createdAt": created, "status": state}
    world.operations["eks", "DescribeCluster"] = lambda _place, given: {
        "cluster": {"name": given["name"], **about}
    }
    world.operations["dsql", "GetCluster"] = lambda _place, given: {
        "identifier": given["identifier"],
        "arn": dsql,
        "creationTime": created,
        "status": state,
    }
    return world


def test_types_whose_lists_tell_little(tmp_path: Path) -> None:
    """Tags come from the tagging API; the creation is asked for, or is told by nothing."""
    judged = audit(with_one_of_each(), tmp_path)

    rows = {
        name: (row["resource_type"], row["name"], row["created_at"], dict(row["tags"]))
        for name, row in found(judged).items()
    }
    assert rows == {
        "cluster/web": ("EKS", "web", SINCE, {"team": "eks"}),
        "cluster/abc": ("DSQL", "abc", SINCE, {"team": "dsql"}),
        "namespace/0-1": ("Redshift Serverless", "sales", SINCE, {"team": "serverless"}),
        "gateway/sgw-1/volume/vol-9": ("Storage Gateway", "vol-9", None, {"team": "gateway"}),
        "vm/vm-1": ("VirtualMachine", "mail", None, {"team": "vm"}),
        "HANA/app/DB/SYSTEMDB": ("SAP HANA on Amazon EC2", "SYSTEMDB", None, {"team": "sap", "empty": ""}),
    }
    assert {gap["operation"] for gap in judged.gaps} == {"creation"}  # of what is as old as nobody knows
    assert {judged.verdict("BKP-COV-001", row["arn"]) for row in found(judged).values()} == {"NON_COMPLIANT"}


def test_a_cluster_that_is_being_deleted_is_gone(tmp_path: Path) -> None:
    """That is told when its creation is asked for."""
    names = found(audit(with_one_of_each(state="DELETING"), tmp_path))

    assert {"cluster/web", "cluster/abc"}.isdisjoint(names)
    assert "vm/vm-1" in names


@pytest.mark.parametrize(
    ("operation", "kind", "state"),
    [
        ("DescribeCluster", "EKS", "PARTLY"),
        ("GetCluster", "DSQL", "PARTLY"),
        ("ListNamespaces", "Redshift Serverless", "DENIED"),
        ("ListVolumes", "Storage Gateway", "DENIED"),
        ("ListVirtualMachines", "VirtualMachine", "DENIED"),
        ("ListDatabases", "SAP HANA on Amazon EC2", "DENIED"),
    ],
)
def test_what_is_refused_of_one_type_leaves_the_others(
    tmp_path: Path, operation: str, kind: str, state: str
) -> None:
    """It is a gap of that type, where it was refused."""
    judged = audit(with_one_of_each(), tmp_path, faults=[denied(operation, region=HOME)])

    assert {gap["operation"] for gap in judged.gaps} - {"creation"} == {operation}
    assert (states(judged, kind), states(judged, "EFS")) == ({state: 1, "READ": 1}, {"READ": 2})


def test_tags_that_are_refused_leave_open_what_there_is(tmp_path: Path) -> None:
    """Not the types of which there is none: nothing was asked about them."""
    world = standing(14)
    world.at().listed["EKS"] = ["web"]  # type: ignore[list-item]  # a list of names
    world.operations["eks", "DescribeCluster"] = lambda _place, _given: {"cluster": {"createdAt": SINCE}}

    judged = audit(world, tmp_path, faults=[denied("GetResources")])

    assert (states(judged, "EKS"), states(judged, "S3")) == ({"PARTLY": 1, "READ": 1}, {"READ": 2})


def test_where_the_settings_are_refused_every_type_is_asked_for(tmp_path: Path) -> None:
    """What is not known is no reason to leave anything out; the call is sent once."""
    judged = audit(standing(14), tmp_path, faults=[denied("DescribeRegionSettings", region=HOME)])

    assert {call.service for call in judged.calls if call.operation in SOMEWHERE} == {
        "efs",
        "fsx",
        "redshift",
    }
    assert sum(call.operation == "DescribeRegionSettings" for call in judged.calls) == 2
    assert states(judged, "FSx") == {"READ": 2}


@pytest.mark.long
def test_types_of_which_there_is_none_share_a_sentence(tmp_path: Path) -> None:
    """They have no column in the matrix of the report; by kind they are told, each with its states."""
    world = standing(14)
    world.at().settings["ResourceTypeOptInPreference"] = {"EBS": True, "FSx": True}

    judged = audit(world, tmp_path, formats=["html", "json"], regions=[HOME])

    page = (judged.run / "report.html").read_text(encoding="utf-8")
    _, _, after = page.partition("Without a column, as there are none where anything was read: ")
    named = after.partition(".</p>")[0].split(", ")
    assert {"EKS", "FSx", "S3"} <= {*named}
    assert "EBS" not in named
    assert 'data-kind="EKS"' not in page
    assert (states(judged, "EKS"), states(judged, "FSx")) == ({"NOT_OFFERED": 1}, {"READ": 1})
