"""Volumes attached to an instance: what selects it protects them, and its images are their backups."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.carriers import Carriers
from auditor.evaluate.history import JobHistory
from auditor.evaluate.inventory import Inventory
from auditor.model.organization import Resource
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, START, World

INSTANCE = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
BY_TAG = {"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "img", "ConditionValue": "y"}]}
LONG_AGO = START - timedelta(days=90)
DAY = timedelta(days=1)


def carried(world: World, attached: Mapping[str, datetime | None], *, read: bool = True) -> World:
    """The volume attached so, and the instance, tagged for images, if it was `read`."""
    world.tables["resources", world.home][0]["attached"] = list(attached.items())
    if read:
        world.add("resources", arn=INSTANCE, resource_type="EC2", tags={"img": "y"}, created_at=LONG_AGO)
    world.add("region_settings", resource_type="EC2", opted_in=True)
    return world


def planned(world: World, **selection: Any) -> World:
    """A nightly plan that selects the instance by its tag."""
    world.plan(plan_id="p1", since=LONG_AGO)
    world.tables.pop(("backup_selections", world.home))
    world.select("p1", LONG_AGO, **(selection or BY_TAG))
    return world


def with_option(world: World, option: str) -> None:
    """Give the plan an option for instances, and one for buckets."""
    (plan,) = world.tables["backup_plans", world.home]
    settings = [
        {"ResourceType": "EC2", "BackupOptions": {option: "enabled"}},
        {"ResourceType": "S3", "BackupOptions": {"BackupACLs": "disabled"}},
    ]
    document = orjson.loads(plan["document"]) | {"AdvancedBackupSettings": settings}
    plan["document"] = orjson.dumps(document).decode()


def image(world: World, number: int, *, point: bool = True, **job: Any) -> None:
    """An image of the instance, and its job."""
    arn = f"arn:aws:ec2:eu-central-1::image/ami-{number}"
    made = {"job_id": f"image-{number}", "resource_arn": INSTANCE, "resource_type": "EC2"}
    world.backup(number, point=False, **{**made, "recovery_point_arn": arn, **job})
    if point:
        created = world.night(number)
        ended = created + timedelta(hours=1)
        row = {"resource_arn": INSTANCE, "resource_type": "EC2", "plan_id": "p1"}
        world.point(arn, created, completed_at=ended, **row)


def of_volume(world: World) -> Mapping[str, Any]:
    """The facts of the volume."""
    return world.facts("resource")[0]


def test_the_plan_of_its_instance_protects_a_volume(world: World) -> None:
    """Selected by no plan itself, it is protected by the plan; what tells of it names the instance."""
    protection = of_volume(planned(carried(world, {INSTANCE: LONG_AGO})))["protection"]
    assert (protection["selected"], protection["plans"]) == (True, ["p1"])
    itself, of_the_instance = protection["explanation"]
    assert itself == "p1 / choice 1: ListOfTags: no entry matches the tags."
    assert of_the_instance.startswith(f"p1 / choice 1: It is attached to {INSTANCE}.; ListOfTags: tag img=")


@pytest.mark.parametrize("read", [True, False])
def test_the_population_names_the_instance_that_protects_a_volume(
    world: World,
    read: bool,  # noqa: FBT001 -- pytest gives it by name
) -> None:
    """Plan, selection, and the instance, also where that was not read and its ARN decides."""
    planned(carried(world, {INSTANCE: LONG_AGO}, read=read), Resources=[INSTANCE])
    world.gap("resources", operation="DescribeDBInstances")
    subjects = world.subjects()
    population = next(subjects.frames_of(subjects.inventories[0])).population
    assert population is not None
    assert population.about()["protected_by"][0].as_py() == (
        f"p1 / choice 1: It is attached to {INSTANCE}. "
        + (f"Resources: {INSTANCE} matches the ARN. " if read else "Its ARN alone selects that.")
        + ("Resources names the type EC2, which needs no opt-in." if read else "")
    )


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (BY_TAG, None),
        ({"Resources": [INSTANCE]}, True),
        ({"Resources": [f"{INSTANCE}2"]}, False),
        ({"Resources": ["*"], "NotResources": [INSTANCE, World.volume]}, False),
    ],
)
def test_of_an_instance_that_was_not_read_only_the_arn_is_known(
    world: World,
    selection: dict[str, Any],
    selected: bool | None,  # noqa: FBT001 -- pytest gives it by name
) -> None:
    """Its tags would decide: nobody knows whether the plan protects the volume."""
    planned(carried(world, {INSTANCE: LONG_AGO}, read=False), **selection)
    world.gap("resources", service="ec2", operation="DescribeInstances")
    assert of_volume(world)["protection"].get("selected") is selected
    unknown = [("DescribeInstances", "AccessDeniedException", False)] if selected is None else []
    assert world.unknown("resource", "protection.selected") == unknown


def test_an_instance_that_was_not_read_is_asked_about_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever facts rest on it: there may be a hundred thousand."""
    planned(carried(world, {INSTANCE: LONG_AGO}, read=False))
    world.gap("resources", service="ec2", operation="DescribeInstances")
    asked, by_arn = [], Inventory.outcomes_by_arn

    def counted(inventory: Inventory, resource: Resource) -> list[int]:
        asked.append(resource.arn)
        return by_arn(inventory, resource)

    monkeypatch.setattr(Inventory, "outcomes_by_arn", counted)
    subjects = world.subjects()
    for frame in subjects.frames_of(subjects.inventories[0]):
        assert all(frame.facts[name] is not None for name in frame.facts)
    assert asked == [INSTANCE]


@pytest.mark.parametrize(
    "gap",
    [
        {},
        {"service": "rds", "operation": "DescribeDBInstances"},
        {"service": "resourcegroupstaggingapi", "operation": "GetResources"},
    ],
    ids=["none", "another type", "tags"],
)
def test_an_instance_that_is_gone_is_selected_by_nothing(world: World, gap: dict[str, str]) -> None:
    """All instances were read, whatever else was not."""
    planned(carried(world, {INSTANCE: LONG_AGO}, read=False), Resources=[INSTANCE])
    if gap:
        world.gap("resources", **gap)
    assert of_volume(world)["protection"]["selected"] is False


@pytest.mark.parametrize(("service", "operation"), [("ec2", "DescribeInstances"), ("sts", "AssumeRole")])
def test_of_an_instance_that_may_be_hidden_the_arn_decides(
    world: World, service: str, operation: str
) -> None:
    """A call that lists instances, or one that hides all."""
    planned(carried(world, {INSTANCE: LONG_AGO}, read=False), Resources=[INSTANCE])
    world.gap("resources", service=service, operation=operation)
    assert of_volume(world)["protection"]["selected"] is True


def test_images_are_its_backups(world: World) -> None:
    """Every night one: the facts are those of snapshots, and name image and job."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    for number in range(30):
        image(world, number, state="FAILED" if number == 7 else "COMPLETED", point=number != 7)
    found = of_volume(world)
    assert (found["backups"]["worst_gap_hours"], found["backups"]["count"]) == (48.0, 29)
    assert found["backups"]["worst_gap_before"] == "arn:aws:ec2:eu-central-1::image/ami-8"
    assert (found["slots"]["met"], found["slots"]["failures"][0]["job_id"]) == (29, "image-7")


@pytest.mark.parametrize(
    ("since", "count", "expected"),
    [
        (START + 20 * DAY, 10, 10),
        (START + 20 * DAY + timedelta(hours=1), 10, 10),  # in the moment of the image
        (START + 20 * DAY + timedelta(hours=2, milliseconds=1), 9, 9),
        (AS_OF + DAY, 0, 0),
    ],
)
def test_an_image_holds_what_was_attached_before(
    world: World, since: datetime, count: int, expected: int
) -> None:
    """Of older images that is not known, and no backup was due before."""
    planned(carried(world, {INSTANCE: since}))
    for number in range(30):
        image(world, number)
    found = of_volume(world)
    assert (found["backups"]["count"], found["slots"]["expected"]) == (count, expected)
    assert found["backups"]["worst_gap_hours"] == (24.0 if count else 23.0)
    assert found["backups"]["worst_gap_at_most_hours"] > 24.0


@pytest.mark.parametrize(
    ("job", "created", "gap"),
    [
        ({}, LONG_AGO, 72.0),  # up to the image all is open
        ({}, START + 17 * DAY, 49.0),
        ({"state": "FAILED"}, LONG_AGO, 457.0),
    ],
)
def test_what_other_instances_had_attached_before_is_unknown(
    world: World, job: Mapping[str, str], created: datetime, gap: float
) -> None:
    """A good image of any of them that was made while the volume was there may hold it."""
    other = {"resource_arn": f"{INSTANCE}2", **job}
    planned(carried(world, {INSTANCE: START + 19 * DAY}))
    world.tables["resources", world.home][0]["created_at"] = created
    image(world, 16, point=False, delete_after_days=3, **other)
    for number in range(19, 30):
        image(world, number)
    backups = of_volume(world)["backups"]
    assert (backups["count"], backups["worst_gap_hours"]) == (11, gap)


@pytest.mark.parametrize(("later", "held"), [(timedelta(0), 1), (timedelta(milliseconds=1), 0)])
def test_no_image_may_hold_what_was_created_after_its_end(world: World, later: timedelta, held: int) -> None:
    """The image takes an hour, and the volume is attached a day later."""
    born = world.night(3) + timedelta(hours=1) + later
    planned(carried(world, {INSTANCE: born + DAY}))
    world.tables["resources", world.home][0]["created_at"] = born
    image(world, 3)
    history = JobHistory(world.subjects().inventories[0])
    assert (history.perhaps.sum(), history.carried.sum()) == (held, held)


@pytest.mark.parametrize("since", [None, START + 29 * DAY + timedelta(hours=1, minutes=30)])
def test_what_an_image_may_hold_is_unknown(world: World, since: datetime | None) -> None:
    """The time is not told, or the volume was attached while the one image was made."""
    planned(carried(world, {INSTANCE: since}))
    image(world, 29)
    assert "newest" not in of_volume(world)["backups"]
    assert ("DescribeVolumes", "Unknown", True) in world.unknown("resource", "backups.newest_age_hours")


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize(
    ("since", "option", "known"),
    [(LONG_AGO, "WindowsVSS", True), (None, "WindowsVSS", False), (LONG_AGO, "ExcludeDataVolumes", False)],
)
def test_no_slot_is_met_by_an_image_that_may_not_hold_the_volume(
    world: World, since: datetime | None, option: str, *, known: bool, itself: bool
) -> None:
    """Nor missed by its lack; a volume that a plan selects by itself has the slots of that plan."""
    planned(carried(world, {INSTANCE: since}))
    with_option(world, option)
    if itself:
        world.select("p1", LONG_AGO, Resources=[world.volume])
    for number in range(1, 30):
        image(world, number)
        if itself:
            world.backup(number)
    slots = of_volume(world)["slots"]
    there = known or itself
    assert (slots.get("met"), slots.get("missed")) == ((29, 1) if there else (None, None))
    unknown = [] if there else [("DescribeVolumes", "Unknown", False)]
    assert world.unknown("resource", "slots.met") == unknown


@pytest.mark.parametrize(("option", "known"), [("WindowsVSS", True), ("ExcludeDataVolumes", False)])
def test_what_images_leave_out_is_unknown_where_their_plan_has_other_options(
    world: World,
    option: str,
    known: bool,  # noqa: FBT001 -- pytest gives it by name
) -> None:
    """AWS documents one option, which leaves out none: with any other the images may not hold the volume."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    with_option(world, option)
    for number in range(30):
        image(world, number)
    volume, instance = world.facts("resource")
    assert (instance["protection"]["selected"], instance["backups"]["count"]) == (True, 30)
    assert volume["protection"].get("selected") is (True if known else None)
    assert volume["backups"]["count"] == (30 if known else 0)
    unknown = world.unknown("resource", "protection.selected")
    assert unknown == ([] if known else [("GetBackupPlan", "Unknown", False)])


def test_what_was_attached_after_as_of_is_not_carried(world: World) -> None:
    """It was not attached then."""
    planned(carried(world, {INSTANCE: AS_OF + timedelta(seconds=1)}))
    assert of_volume(world)["protection"]["selected"] is False


def test_the_plan_of_the_instance_answers_for_its_tier(world: World) -> None:
    """What the tier of the volume demands is demanded of the plan, which selects nothing of that tier."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    (plan,) = world.facts("plan")
    assert [(one["name"], one["resources"]) for one in plan["tiers"]] == [("gold", 1), ("exempt", 1)]


def test_but_not_where_a_plan_selects_the_volume_itself(world: World) -> None:
    """That plan answers for it; how often it is backed up counts by both."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    world.plan({"ScheduleExpression": "cron(0 1 ? * SUN *)"}, plan_id="p2", since=LONG_AGO)
    world.select("p2", LONG_AGO, Resources=[world.volume])
    first, second = world.facts("plan")
    assert [one["name"] for one in first["tiers"]] == ["exempt"]
    (pace,) = second["cadences"]
    assert (pace["name"], pace["worst_interval_hours"]) == ("gold", 25.0)


def test_nor_is_it_known_where_one_may_select_it(world: World) -> None:
    """A selection that cannot be understood: neither demanded of the plan of the instance, nor not."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    world.plan({}, plan_id="p2", since=LONG_AGO)
    world.select("p2", LONG_AGO, Resources="none")
    (first, _) = world.facts("plan")
    assert [one["name"] for one in first["tiers"]] == ["exempt"]
    assert world.unknown("plan", "tiers") == [("GetBackupSelection", "Unreadable", True)]


def test_its_vault_is_to_be_locked_for_the_tier_of_the_volume(world: World) -> None:
    """Images of it go there."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    (vault,) = world.facts("vault")
    assert (vault["vault"]["demanded_lock"], vault["vault"]["demanded_by"]) == ("compliance", ["gold"])


@pytest.mark.parametrize(
    ("tags", "since", "early"),
    [
        ({"img": "y", "tier": "gold"}, LONG_AGO, (0, 1)),
        ({"img": "y"}, LONG_AGO, (1, 1)),
        ({"img": "y"}, START + 5 * DAY, (0, 1)),
    ],
)
def test_an_image_that_is_gone_early_is_told_of_where_a_tier_asks_for_it(
    world: World, tags: dict[str, str], since: datetime, early: tuple[int, int]
) -> None:
    """Once, at the instance; at its volume where the instance needs no backups, if the image held it."""
    planned(carried(world, {INSTANCE: since}))
    world.tables["resources", world.home][1]["tags"] = tags
    image(world, 3, point=False, delete_after_days=35)
    volume, instance = world.facts("resource")
    assert (volume["backups"]["deleted_early"], instance["backups"]["deleted_early"]) == early
    unknown = [("DescribeVolumes", "Unknown", True)] if since > START else []
    assert world.unknown("resource", "backups.deleted_early") == unknown


STATES = {"failed": "FAILED"}
NIGHTS = st.lists(st.sampled_from(["good", "failed", "gone", "none"]), min_size=30, max_size=30)


@pytest.mark.long
@given(own=NIGHTS, images=NIGHTS, since=st.integers(-5, 31), planned_itself=st.booleans())
def test_an_attachment_makes_nothing_worse(
    tmp_path_factory: pytest.TempPathFactory,
    own: list[str],
    images: list[str],
    since: int,
    planned_itself: bool,  # noqa: FBT001 -- drawn
) -> None:
    """No fewer backups, no longer gap but where the first due one was missed, and no older newest one."""
    found = []
    for attached in ({}, {INSTANCE: START + since * DAY}):
        world = planned(carried(World(tmp_path_factory.mktemp("run")), attached))
        if planned_itself:
            world.select("p1", LONG_AGO, Resources=[world.volume])
        for number, (mine, its) in enumerate(zip(own, images, strict=True)):
            if mine != "none":
                world.backup(number, point=mine == "good", state=STATES.get(mine, "COMPLETED"))
            if its != "none":
                image(world, number, point=its == "good", state=STATES.get(its, "COMPLETED"))
        found.append(of_volume(world))
    before, after = (one["backups"] for one in found)
    assert found[1]["protection"]["selected"] >= found[0]["protection"]["selected"]
    assert after["count"] >= before["count"]
    if planned_itself or "good" in (own[0], images[0]):
        assert after["worst_gap_hours"] <= before["worst_gap_hours"]
        assert after["worst_gap_at_most_hours"] <= before["worst_gap_at_most_hours"]
    assert after.get("newest_age_hours", 1e9) <= before.get("newest_age_hours", 1e9)
    assert after["deleted_early"] >= before["deleted_early"]


def test_the_attachments_of_a_volume_are_those_that_it_had_at_as_of() -> None:
    """Of several instances, by their ARNs; one of an unknown time counts."""
    attached = {"v1": {"i-2": 5, "i-1": -1}, "v2": {"i-1": 11}, "v4": {"i-1": 10}, "gone": {"i-3": 1}}
    carriers = Carriers.of(attached, {"v1": 3, "v2": 0, "v3": 1, "v4": 2}, 10)
    of_each = [carriers.of_volume(index) for index in range(4)]
    named = [[carriers.arns[carriers.carrier[one]] for one in found] for found in of_each]
    assert named == [[], [], ["i-1"], ["i-1", "i-2"]]


def test_rows_are_repeated_for_what_is_carried_alone(world: World) -> None:
    """Once for the volume of their own instance, behind all others."""
    planned(carried(world, {INSTANCE: LONG_AGO}))
    for number in range(3):
        image(world, number)
    world.backup(4)
    history = JobHistory(world.subjects().inventories[0])
    images = ["image-0", "image-1", "image-2"]
    assert history.table["job_id"].to_pylist() == [*images, "job-4", *images]
    assert history.carried.tolist() == [False] * 4 + [True] * 3
