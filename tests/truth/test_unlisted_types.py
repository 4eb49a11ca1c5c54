"""What was not listed is not deleted: types that nobody asked for, and what lists leave out."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import auditor.audit
import auditor.collect.inventory
from auditor.evaluate import needs
from auditor.evidence.store import Evidence
from auditor.model.resource_types import LISTINGS, READ
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE, World, standing
from tests.truth.test_reconciliation import summed
from tests.truth.test_scope_part import states
from tests.truth.test_types_of_regions import file_system, volume

SIX = ("Aurora", "DynamoDB", "EBS", "EC2", "RDS", "S3")
EFS = f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system/fs-1"
REDSHIFT = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:dw"
ONTAP = f"arn:aws:fsx:{HOME}:{ACCOUNT}:volume/fs-ontap/fsvol-1"
ENDLESS = "BKP-RET-007"


def endless(world: World, resource: str, kind: str) -> str:
    """The ARN of a recovery point of yesterday that is kept for ever."""
    point = world.point(AS_OF - timedelta(days=1), resource, None, ResourceType=kind)
    return str(point["RecoveryPointArn"])


def with_a_cluster(*, there: bool = True) -> tuple[World, str]:
    """A cluster of Redshift, perhaps deleted by now, and a point of it that is kept for ever."""
    world = standing(14)
    if there:
        world.resource(
            "Redshift", ClusterIdentifier="dw", ClusterCreateTime=SINCE, ClusterStatus="available", Tags=[]
        )
    return world, endless(world, REDSHIFT, "Redshift")


def by_an_older_one(world: World, tmp_path: Path, names: Sequence[str] = SIX) -> Judgement:
    """An audit of evidence that lists these types only."""
    listings = [one for one in LISTINGS if any(one in row.listings for row in READ if row.name in names)]
    with (
        mock.patch.object(auditor.audit, "RESOURCE_TYPES", names),
        mock.patch.object(auditor.collect.inventory, "offered_listings", return_value=listings),
    ):
        return audit(world, tmp_path, regions=[HOME])


def about(judged: Judgement, *arns: str) -> list[tuple[str, list[str]]]:
    """Of each subject what is said of an orphan for ever."""
    return [(judged.verdict(ENDLESS, arn), judged.codes(ENDLESS, arn)) for arn in arns]


def test_evidence_of_few_types_does_not_make_the_others_orphans(tmp_path: Path) -> None:
    """A file system that nobody asked for may be there; a volume that is in no list is gone."""
    world = standing(14)
    gone = endless(world, f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-gone", "EBS")
    point = endless(world, EFS, "EFS")
    world.at().tags[EFS] = {"team": "blue"}

    old = by_an_older_one(world, tmp_path)
    new = audit(world, tmp_path, regions=[HOME])

    assert about(old, point, gone) == [("NOT_APPLICABLE", []), ("NON_COMPLIANT", ["orphan_for_ever"])]
    assert about(new, point) == [("NON_COMPLIANT", ["orphan_for_ever"])]
    tagged = [summed(one, "resources with tags")["shown"] for one in (old, new)]
    assert [[(one["about"], one["theirs"]) for one in shown] for shown in tagged] == [
        [],
        [("elasticfilesystem:file-system", 1)],
    ]


def test_a_type_that_the_settings_do_not_name_is_open_where_it_is_backed_up(tmp_path: Path) -> None:
    """Its resources are neither deleted nor absent: the type was not listed, though a point shows it."""
    world, point = with_a_cluster()
    del world.at().settings["ResourceTypeOptInPreference"]["Redshift"]

    judged = audit(world, tmp_path, regions=[HOME])

    assert about(judged, point, REDSHIFT) == [("INSUFFICIENT_DATA", ["evidence_gap"]), ("", [])]
    gaps = [(gap["service"], gap["operation"], gap["error"], gap["provides"]) for gap in judged.gaps]
    assert gaps == [("redshift", "DescribeClusters", "NotListed", ["resources"])]
    assert (states(judged, "Redshift"), states(judged, "FSx")) == ({"FAILED": 1}, {"READ": 1})


@pytest.mark.parametrize("there", [True, False], ids=["there", "deleted"])
def test_a_type_that_the_settings_name_is_listed(tmp_path: Path, *, there: bool) -> None:
    """What is there is no orphan, and what is not there is gone."""
    world, point = with_a_cluster(there=there)

    judged = audit(world, tmp_path, regions=[HOME])

    orphan = ("NON_COMPLIANT", ["orphan_for_ever"])
    assert about(judged, point) == [("COMPLIANT", []) if there else orphan]
    assert {gap["service"] for gap in judged.gaps} <= {"auditor"}  # since when a deleted one was there
    assert states(judged, "Redshift") == {"READ": 1}


def test_a_type_that_nobody_names_and_nobody_backs_up_is_not_offered(tmp_path: Path) -> None:
    """That is no gap; and a type that comes with another one's list was listed all the same."""
    world = standing(14)
    for kind in ("Redshift", "Neptune"):
        del world.at().settings["ResourceTypeOptInPreference"][kind]

    judged = audit(world, tmp_path, regions=[HOME])

    assert judged.gaps == []
    assert (states(judged, "Redshift"), states(judged, "Neptune")) == ({"NOT_OFFERED": 1}, {"READ": 1})


@pytest.mark.parametrize(("kind", "verdict"), [("DP", "INSUFFICIENT_DATA"), ("RW", "COMPLIANT")])
def test_a_volume_of_fsx_that_became_a_mirror_is_not_gone(tmp_path: Path, kind: str, verdict: str) -> None:
    """It is left out, for it cannot be backed up; that it is in no list proves nothing."""
    world = standing(14)
    file_system(world, "fs-ontap", "ONTAP")
    world.operations["fsx", "DescribeVolumes"] = lambda _place, _given: {
        "Volumes": [volume("fsvol-1", OntapVolumeType=kind)]
    }
    point = endless(world, ONTAP, "FSx")

    judged = audit(world, tmp_path, regions=[HOME])

    assert judged.verdict(ENDLESS, point) == verdict
    assert judged.verdict("BKP-COV-001", ONTAP) == ("" if kind == "DP" else "NON_COMPLIANT")


@pytest.mark.long
def test_the_settings_that_said_what_to_ask_for_are_kept(tmp_path: Path) -> None:
    """Also where no control needs them: who reads the evidence must know what was listed."""
    world = standing(14)
    world.at().settings["ResourceTypeOptInPreference"] = {"EBS": True}
    needed, name = needs.needed_tables, "needed_tables"
    with mock.patch.object(auditor.audit, name, lambda *given: needed(*given) - {"region_settings"}):
        judged = audit(world, tmp_path, regions=[HOME])

    rows: list[Any] = Evidence.open(judged.run).read("region_settings", ACCOUNT, HOME).to_pylist()
    assert [row["resource_type"] for row in rows if row["opted_in"] is not None] == ["EBS"]
    assert states(judged, "FSx") == {"NOT_OFFERED": 1}
