"""Tags that a list does not tell: another call does, or they are not known."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World, standing
from tests.truth.test_scope_part import states
from tests.truth.test_types_of_regions import cluster, file_system, volume

ONTAP = f"arn:aws:fsx:{HOME}:{ACCOUNT}:volume/fs-ontap/fsvol-1"
WINDOWS = f"arn:aws:fsx:{HOME}:{ACCOUNT}:file-system/fs-windows"
EFS = f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system/fs-1"
REDSHIFT = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:dw"
NEPTUNE = f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster:neptune"
HANA = f"arn:aws:ssm-sap:{HOME}:{ACCOUNT}:HANA/app/DB/x"
GOLD = {"required": True, "rpo_hours": 26, "retention_days": 7, "customer_key": False, "lock": "none"}
TIERS: dict[str, Any] = {
    "tiers": {"gold": GOLD, "none": {"required": False}},
    "assignment": [{"tags": {"tier": "gold"}, "tier": "gold"}],
    "default": "none",
}


def covered(world: World, tmp_path: Path, *arns: str, **more: Any) -> tuple[Judgement, list[str]]:
    """An audit in which only what is tagged must be backed up, and whether each is."""
    judged = audit(world, tmp_path, tiers=TIERS, regions=[HOME], **more)
    return judged, [judged.verdict("BKP-COV-001", arn) for arn in arns]


def filters(judged: Judgement) -> list[Any]:
    """The types whose tags were asked for; the call that only counts what has tags names other types too."""
    asked = [
        call.parameters["ResourceTypeFilters"] for call in judged.calls if call.operation == "GetResources"
    ]
    return [words for words in asked if "cloudformation:stack" not in words]


def with_volumes(**members: Any) -> World:
    """A file system of Windows, whose tags are told, and a volume of ONTAP."""
    world = standing(14)
    file_system(world, "fs-windows", "WINDOWS", Tags=[{"Key": "tier", "Value": "gold"}])
    file_system(world, "fs-ontap", "ONTAP")
    world.operations["fsx", "DescribeVolumes"] = lambda _place, _given: {
        "Volumes": [volume("fsvol-1") | members]
    }
    return world


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [({"tier": "gold"}, "NON_COMPLIANT"), ({"tier": "none"}, "NOT_APPLICABLE"), (None, "NOT_APPLICABLE")],
)
def test_the_tagging_api_tells_the_tags_of_volumes_of_ontap(
    tmp_path: Path, tags: dict[str, str] | None, verdict: str
) -> None:
    """DescribeVolumes tells none: a tagged one has the tier of its tags, one that is not named has none."""
    world = with_volumes()
    world.at().tags |= {ONTAP: tags} if tags else {}

    judged, found = covered(world, tmp_path, ONTAP, WINDOWS)

    assert (found, judged.gaps) == ([verdict, "NON_COMPLIANT"], [])
    assert filters(judged) == [["fsx:file-system", "fsx:volume"]]


def test_tags_that_a_list_told_are_not_asked_for(tmp_path: Path) -> None:
    """Nor does a refusal of that call leave them open: only what told none is not known."""
    told, found = covered(with_volumes(Tags=[{"Key": "tier", "Value": "gold"}]), tmp_path, ONTAP)
    refused, open_ = covered(with_volumes(), tmp_path, ONTAP, WINDOWS, faults=[denied("GetResources")])

    assert (filters(told), found) == ([], ["NON_COMPLIANT"])
    assert open_ == ["INSUFFICIENT_DATA", "NON_COMPLIANT"]
    assert (states(refused, "FSx"), states(refused, "EBS")) == ({"PARTLY": 1}, {"READ": 1})


def with_three(**tags: Any) -> World:
    """A file system of EFS, a cluster of Redshift and one of Neptune, each with these members."""
    world = standing(14)
    world.resource(
        "EFS", FileSystemId="fs-1", FileSystemArn=EFS, CreationTime=SINCE, LifeCycleState="available",
        Encrypted=True, **tags,
    )  # fmt: skip
    world.resource(
        "Redshift", ClusterIdentifier="dw", ClusterCreateTime=SINCE, ClusterStatus="available", **tags
    )
    cluster(world, "neptune", TagList=tags.get("Tags"))
    if not tags:
        del world.at().db_clusters[0]["TagList"]
    world.at().tags |= {arn: {"tier": "gold"} for arn in (EFS, REDSHIFT, NEPTUNE)}
    return world


def test_a_member_that_an_answer_lacks_is_not_untagged(tmp_path: Path) -> None:
    """The tagging API tells its tags; an empty list says that there are none."""
    lacking, found = covered(with_three(), tmp_path, EFS, REDSHIFT, NEPTUNE)
    empty, none = covered(with_three(Tags=[]), tmp_path, EFS, REDSHIFT, NEPTUNE)

    assert (found, none) == (["NON_COMPLIANT"] * 3, ["NOT_APPLICABLE"] * 3)
    assert filters(lacking) == [["elasticfilesystem:file-system", "rds:cluster", "redshift:cluster"]]
    assert filters(empty) == []


@pytest.mark.parametrize(
    ("members", "verdict", "state"),
    [
        ({}, "INSUFFICIENT_DATA", {"PARTLY": 1}),
        ({"Tags": {}}, "NOT_APPLICABLE", {"READ": 1}),
        ({"Tags": {"tier": "gold"}}, "NON_COMPLIANT", {"READ": 1}),
    ],
)
def test_a_database_of_sap_hana_without_tags_is_open(
    tmp_path: Path, members: dict[str, Any], verdict: str, state: dict[str, int]
) -> None:
    """An answer that lacks them is a gap that names the database; an empty mapping says that it has none."""
    world = standing(14)
    world.resource("SAP HANA on Amazon EC2", Arn=HANA, DatabaseId="x", **members)

    judged, found = covered(world, tmp_path, HANA)

    assert (found, states(judged, "SAP HANA on Amazon EC2")) == ([verdict], state)
    said = [gap["message"] for gap in judged.gaps if gap["operation"] == "ListDatabases"]
    what = f"An item of Databases, {HANA}, cannot be understood: it has no Tags."
    assert said == ([what] if verdict == "INSUFFICIENT_DATA" else [])
