"""A volume that is attached to an EC2 instance is backed up in the instance's images, from then on."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    PLAN,
    SINCE,
    VOLUME,
    World,
    attached,
    copy_action,
    nights,
    rule,
    vault_arn,
)

COVERED, GAP, NEWEST, DELETED = "BKP-COV-001", "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-003"
COPY, KEPT = "BKP-ISO-001", "BKP-RET-001"
INSTANCE = f"arn:aws:ec2:{HOME}:{ACCOUNT}:instance/i-1"
PLAN_ARN = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-plan:{PLAN}"
TAG = {"Key": "images", "Value": "yes"}
BY_TAG = {
    "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "images", "ConditionValue": "yes"}]
}
DAY = timedelta(days=1)
#: Two tiers: the volume's asks for more than the instance's.
TIERS = {
    "tiers": {
        "strict": DAILY | {"retention_days": 35},
        "loose": DAILY | {"rpo_hours": 200},
    },
    "assignment": [{"tier": "strict", "tags": {"tier": "strict"}}],
    "default": "loose",
}


def imaged(
    attachments: Sequence[dict[str, Any]] | None = None,
    images: Iterable[datetime] | None = None,
    selection: dict[str, Any] | None = None,
    tags: Sequence[dict[str, str]] = (),
    born: datetime = SINCE,
    **members: Any,
) -> World:
    """The volume, of which no plan knows, attached to an instance that the plan images every night."""
    world = World()
    world.vault()
    world.plan([rule(14, **members)])
    world.instance(Tags=[TAG])
    attachments = attached() if attachments is None else attachments
    world.volume(Attachments=attachments, Tags=list(tags), CreateTime=born)
    world.selection(**(selection or BY_TAG))
    for created in nights() if images is None else images:
        world.night(created, 14, INSTANCE)
    return world


def said(found: Judgement, *controls: str) -> list[str]:
    """The verdicts of controls on the volume."""
    return [found.verdict(control, VOLUME) for control in controls]


def test_images_protect_what_is_attached(tmp_path: Path) -> None:
    """The instance's plan covers the volume, its images are the volume's backups, and are named as proof."""
    world = imaged()
    found = audit(world, tmp_path, tier={"rpo_hours": 23})

    assert said(found, COVERED, GAP, NEWEST) == ["COMPLIANT", "NON_COMPLIANT", "COMPLIANT"]
    (reason,) = found.reasons(GAP, VOLUME)
    jobs = {one["BackupJobId"] for one in world.at().backup_jobs}
    assert reason.evidence["backups"]["worst_gap_before"] in jobs
    assert reason.evidence["slots"]["met"] == 30
    assert found.gaps == []


@pytest.mark.long
def test_without_the_attachment_nothing_protects_it(tmp_path: Path) -> None:
    """A volume that is detached, or attached to what is no instance, has no backup at all."""
    for attachments in (
        [],
        attached(state="detached"),
        [{"InstanceOwningService": "ecs"}],
    ):
        found = audit(imaged(attachments), tmp_path)
        assert said(found, COVERED, GAP, NEWEST) == ["NON_COMPLIANT"] * 3


@pytest.mark.long
def test_an_image_holds_what_was_attached_when_it_was_made(tmp_path: Path) -> None:
    """A volume that is as old as its attachment is in the images since then, and in none before."""
    late = audit(imaged(attached(since=AS_OF - 10 * DAY), born=AS_OF - 10 * DAY), tmp_path)
    assert said(late, COVERED, GAP, NEWEST) == ["COMPLIANT"] * 3

    since, before = AS_OF - 1.5 * DAY, nights(last=AS_OF - 2 * DAY)
    young = audit(imaged(attached(since=since), before, born=since), tmp_path)
    assert said(young, COVERED, GAP, NEWEST) == ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]


def test_in_which_images_an_older_volume_was_before_its_attachment_is_unknown(tmp_path: Path) -> None:
    """EC2 tells of the last attachment alone: it may have been detached and attached anew."""
    anew = audit(imaged(attached(since=AS_OF - 10 * DAY)), tmp_path)
    assert said(anew, COVERED, GAP, NEWEST) == ["COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT"]


@pytest.mark.long
def test_an_attachment_of_after_as_of_is_none_of_then_and_leaves_its_images_open(tmp_path: Path) -> None:
    """As of the past: no pass and no finding rests on it, unless the volume is no older."""
    then = AS_OF - 9 * DAY + DAY / 2
    found = audit(imaged(attached(since=AS_OF - 2 * DAY)), tmp_path, as_of=then, period_days=15)
    assert said(found, COVERED, GAP, NEWEST) == ["INSUFFICIENT_DATA"] * 3
    since = AS_OF - 20 * DAY
    found = audit(imaged(attached(since=since), born=since), tmp_path, as_of=then, period_days=15)
    assert said(found, GAP, NEWEST) == ["COMPLIANT", "COMPLIANT"]


@pytest.mark.long
def test_a_time_of_attachment_that_is_not_told_is_unknown(tmp_path: Path) -> None:
    """The images may hold the volume: no pass and no finding. The plan protects it all the same."""
    found = audit(imaged(attached(since=None)), tmp_path)
    assert said(found, COVERED, GAP, NEWEST) == ["COMPLIANT", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]
    assert any("Which images hold some volumes" in gap["message"] for gap in found.gaps)


@pytest.mark.long
def test_what_was_attached_while_the_image_was_made_is_unknown(tmp_path: Path) -> None:
    """The one image began before the attachment and ended after it."""
    (made,) = images = [AS_OF - timedelta(hours=23)]
    since = made + timedelta(minutes=10)
    found = audit(imaged(attached(since=since), images, born=since), tmp_path)
    assert said(found, NEWEST) == ["INSUFFICIENT_DATA"]
    images = [AS_OF - timedelta(hours=27)]
    since = images[0] + timedelta(minutes=30, seconds=1)
    found = audit(imaged(attached(since=since), images, born=since), tmp_path)
    assert said(found, NEWEST) == ["NON_COMPLIANT"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("faults", "verdicts"),
    [
        ([denied("DescribeInstances")], ["INSUFFICIENT_DATA", "COMPLIANT", "COMPLIANT"]),
        ([denied("ListBackupJobs")], ["COMPLIANT", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]),
        ([denied("ListBackupSelections")], ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "COMPLIANT"]),
    ],
)
def test_what_is_not_read_of_the_instance_is_unknown(
    tmp_path: Path, faults: list[Fault], verdicts: list[str]
) -> None:
    """Without its tags nobody knows who selects it; the images that were read are proof all the same."""
    found = audit(imaged(), tmp_path, faults=faults)
    assert said(found, COVERED, GAP, NEWEST) == verdicts


@pytest.mark.long
def test_an_instance_that_is_gone_selects_nothing(tmp_path: Path) -> None:
    """All instances were read, and that of the attachment is not there: its plan makes no image of it."""
    found = audit(imaged(attached("i-gone")), tmp_path)
    assert said(found, COVERED, GAP) == ["NON_COMPLIANT", "NON_COMPLIANT"]


@pytest.mark.long
def test_failed_images_are_no_backups(tmp_path: Path) -> None:
    """The plan covers the volume, and each night failed."""
    world = imaged(images=())
    for created in nights():
        world.job(created, INSTANCE, State="FAILED", MessageCategory="ACCESS_DENIED")
    found = audit(world, tmp_path)
    (reason,) = found.reasons(GAP, VOLUME)
    assert said(found, COVERED, GAP, NEWEST) == ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]
    assert reason.evidence["backups"]["worst_gap_cause"]["why"] == "failed"


@pytest.mark.long
def test_images_fill_the_gaps_of_the_volume_s_own_plan(tmp_path: Path) -> None:
    """Its own backups came every second night and the images in between: together there is no gap."""
    own, images = nights()[::2], nights()[1::2]
    for attachments, verdict in ((attached(), "COMPLIANT"), ([], "NON_COMPLIANT")):
        world = imaged(attachments, images)
        world.plan([rule(14)], "own")
        world.selection("own", Resources=[VOLUME])
        for created in own:
            world.night(created, 14)
        assert said(audit(world, tmp_path), COVERED, GAP) == ["COMPLIANT", verdict]


@pytest.mark.long
def test_its_own_tier_decides_what_is_demanded(tmp_path: Path) -> None:
    """A weekly image is enough for the instance's tier and not for the volume's; so is its retention."""
    weekly = nights()[::-7]
    world = imaged(images=weekly, tags=[{"Key": "tier", "Value": "strict"}])
    found = audit(world, tmp_path, tiers=TIERS)
    assert (found.verdict(GAP, INSTANCE), found.verdict(GAP, VOLUME)) == ("COMPLIANT", "NON_COMPLIANT")
    (reason,) = found.reasons(KEPT, PLAN_ARN)
    assert reason.evidence["tier"] == "strict"


@pytest.mark.long
def test_its_own_plan_answers_for_its_tier(tmp_path: Path) -> None:
    """The plan of the instance owes the volume's tier nothing where a plan selects the volume itself."""
    world = imaged(tags=[{"Key": "tier", "Value": "strict"}])
    world.plan([rule(35)], "own")
    world.selection("own", Resources=[VOLUME])
    found = audit(world, tmp_path, tiers=TIERS)
    assert found.verdict(KEPT, PLAN_ARN) == "COMPLIANT"


@pytest.mark.long
def test_copies_of_images_are_its_copies(tmp_path: Path) -> None:
    """A copy of an image in another Region is one of the volume, if the image held it."""
    far = vault_arn("far", AWAY)
    hour, late = timedelta(hours=1), AS_OF - 3 * DAY
    cases: list[tuple[datetime, datetime, datetime, list[str], list[str]]] = [
        (SINCE, SINCE, AS_OF - 23 * hour, ["COMPLIANT"], []),
        (late, late, late - 2 * hour, ["NON_COMPLIANT"], ["no_copy"]),
        (AS_OF - 6 * hour, SINCE, AS_OF - 23 * hour, ["INSUFFICIENT_DATA"], ["evidence_gap"]),
    ]
    for since, born, made, verdict, codes in cases:
        world = imaged(attached(since=since), born=born, CopyActions=[copy_action(far)])
        world.copied(made, far, INSTANCE)
        found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}})
        assert (said(found, COPY), found.codes(COPY, VOLUME)) == (verdict, codes)


@pytest.mark.long
def test_an_image_that_was_deleted_early_is_told_of_once(tmp_path: Path) -> None:
    """It is the instance's recovery point."""
    world = imaged()
    world.at().recovery_points["main"].pop()
    found = audit(world, tmp_path)
    assert (found.verdict(DELETED, INSTANCE), said(found, DELETED)) == ("NON_COMPLIANT", ["COMPLIANT"])


@pytest.mark.long
def test_that_of_an_instance_that_needs_no_backup_is_told_of_at_the_volume(tmp_path: Path) -> None:
    """Nobody else would: the instance is not asked about it."""
    tiers = TIERS | {"tiers": {"strict": DAILY, "loose": {"required": False}}}
    world = imaged(tags=[{"Key": "tier", "Value": "strict"}])
    world.at().recovery_points["main"].pop()
    found = audit(world, tmp_path, tiers=tiers)
    assert (found.verdict(DELETED, INSTANCE), said(found, DELETED)) == ("NOT_APPLICABLE", ["NON_COMPLIANT"])


@pytest.mark.long
def test_two_instances_carry_a_volume_that_both_have_attached(tmp_path: Path) -> None:
    """Multi-Attach: the images of either hold it."""
    world = imaged([*attached(), *attached("i-2")], nights()[::2])
    other = world.instance("i-2")
    for created in nights()[1::2]:
        world.night(created, 14, other)
    assert said(audit(world, tmp_path), COVERED, GAP) == ["COMPLIANT", "COMPLIANT"]


@pytest.mark.long
def test_copies_of_images_count_where_the_instance_was_not_read(tmp_path: Path) -> None:
    """The ARN of the instance says where it is: its copies are no less there."""
    far = vault_arn("far", AWAY)
    world = imaged(CopyActions=[copy_action(far)])
    world.copied(AS_OF - timedelta(hours=23), far, INSTANCE)
    faults = [denied("DescribeInstances")]
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, faults=faults)
    assert said(found, COPY) == ["COMPLIANT"]


@pytest.mark.long
def test_a_volume_of_an_instance_that_was_replaced_is_no_finding_from_silence(tmp_path: Path) -> None:
    """The images of another instance may have held it until it moved; without any, nothing did."""
    moved = AS_OF - 5 * DAY
    for before, verdict in ((nights(last=moved), "INSUFFICIENT_DATA"), ([], "NON_COMPLIANT")):
        world = imaged(attached(since=moved), nights(moved))
        for created in before:
            world.night(created, 14, f"{INSTANCE}-gone")
        assert said(audit(world, tmp_path), COVERED, GAP, NEWEST) == ["COMPLIANT", verdict, "COMPLIANT"]
