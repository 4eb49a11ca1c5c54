"""Where a tier counts restores in another account alone: which count, and which account may hide them."""

from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.unit.evaluate.conftest import ACCOUNT, World
from tests.unit.evaluate.test_restores import DENIED, asked, of, restore
from tests.unit.evaluate.test_restores_unnamed import GONE, OPEN, made

OTHER = "444455556666"
THERE = f"{OTHER}/eu-west-1"
FAR = f"arn:aws:backup:eu-west-1:{OTHER}:backup-vault:far"
NOT_READ = [("ListRestoreJobs", "NotRead", True)]


def organization(world: World, *listed: str, **settings: Any) -> None:
    """The account and another one, both read; `listed` are those of the organization in use."""
    asked(world, other_account=True)
    world.add("accounts", account_id=OTHER, name="vaults", partition="aws", ou_path=[], status="ACTIVE")
    world.add("region_settings", THERE, resource_type="EBS", opted_in=True)
    for one in listed or (ACCOUNT, OTHER):
        world.add("organization_accounts", account_id=one, name="", status="ACTIVE")
    world.provenance = {"settings": [{"name": name, "value": value} for name, value in settings.items()]}


def unknown(world: World, fact: str = "age_days") -> list[Any]:
    """What is not known of a fact of the volume."""
    return world.unknown("resource", f"restores.{fact}")


@pytest.mark.parametrize(
    ("where", "placed", "age"), [(THERE, 1, 4.0), (World.away, 0, None), (World.home, 0, None)]
)
def test_only_a_restore_in_another_account_counts(
    world: World, where: str, placed: int, age: float | None
) -> None:
    """The job names the resource it was made of; another Region of its own account is not another one."""
    organization(world)
    restore(world, 4, where)
    found = of(world)
    assert (found["completed"], found["placed"], found["counted"]) == (1, placed, placed)
    assert (found.get("age_days"), unknown(world)) == (age, [])


def test_a_job_that_names_no_source_counts_by_its_copy(world: World) -> None:
    """The recovery point that was restored lies where the job ran."""
    organization(world)
    world.point("copy", world.night(20), THERE, vault_arn=FAR)
    restore(world, 4, THERE, resource_arn=None, recovery_point_arn="copy")
    assert (of(world)["age_days"], of(world)["newest"]["account_id"]) == (4.0, OTHER)


def test_the_validation_is_asked_of_those_that_are_placed_so(world: World) -> None:
    """One at home that was validated is none that counts."""
    organization(world)
    asked(world, other_account=True, validated=True)
    restore(world, 4, THERE)
    restore(world, 3, validation_status="SUCCESSFUL")
    found = of(world)
    assert (found["completed"], found["placed"], found["counted"]) == (2, 1, 0)


@pytest.mark.parametrize("where", [THERE, World.home])
@pytest.mark.parametrize(("partition", "error"), [("aws", "Validating"), ("aws-cn", "NotOffered")])
def test_a_validation_leaves_open_only_what_is_placed_so(
    world: World, where: str, partition: str, error: str
) -> None:
    """Whatever comes of the validation of one at home, it is none that counts."""
    organization(world)
    asked(world, other_account=True, validated=True)
    world.tables["accounts", ""][0]["partition"] = partition
    restore(world, 4, where, validation_status="VALIDATING" if partition == "aws" else None)
    assert unknown(world) == ([("ListRestoreJobs", error, True)] if where == THERE else [])


@pytest.mark.parametrize(
    ("account_id", "service", "open_"),
    [(OTHER, "backup", True), (ACCOUNT, "organizations", True), (ACCOUNT, "backup", False)],
)
def test_an_account_whose_restores_were_not_read_leaves_it_open(
    world: World, account_id: str, service: str, *, open_: bool
) -> None:
    """Also of a unit whose accounts are not known; its own account hides none that counts."""
    organization(world)
    restore(world, 4)
    world.gap("restore_jobs", region=world.away, operation="ListRestoreJobs", service=service,
              account_id=account_id)  # fmt: skip
    assert unknown(world) == unknown(world, "failed_since") == ([DENIED] if open_ else [])
    assert unknown(world, "minutes") == []


def test_a_restore_that_counts_stands_whatever_was_not_read(world: World) -> None:
    """Another one would take nothing away."""
    organization(world)
    restore(world, 4, THERE)
    world.gap("restore_jobs", operation="ListRestoreJobs", account_id=OTHER)
    assert (of(world)["age_days"], unknown(world), unknown(world, "failed_since")) == (4.0, [], [])


@pytest.mark.parametrize(
    ("listed", "settings", "open_"),
    [
        ((ACCOUNT, OTHER), {}, False),
        ((ACCOUNT, OTHER, "777788889999"), {}, True),
        ((ACCOUNT, OTHER, "777788889999"), {"accounts": "organization"}, False),
        ((), {"accounts": "organization"}, False),
    ],
    ids=["all were read", "one was not asked", "whose gap would say so", "by the settings"],
)
def test_an_account_that_the_run_leaves_out_leaves_it_open(
    world: World, listed: tuple[str, ...], settings: dict[str, Any], *, open_: bool
) -> None:
    """Where the settings ask for all, one that was not read is a gap of its own."""
    organization(world, *listed, **settings)
    assert unknown(world) == (NOT_READ if open_ else [])


@pytest.mark.parametrize(
    ("where", "row", "named"),
    [(THERE, {}, OPEN), (THERE, {"resource_type": "RDS"}, []), (World.away, {}, [])],
    ids=["of its type", "of another type", "in its own account"],
)
def test_one_of_nobody_knows_what_may_be_out_of_a_shared_vault(
    world: World, where: str, row: dict[str, Any], named: list[Any]
) -> None:
    """Though no copy of the volume went there."""
    organization(world)
    made(world, 0)
    restore(world, 4, where, **{**GONE, **row})
    assert (of(world)["placed"], unknown(world)) == (0, named)


def test_where_nobody_lists_the_accounts_others_may_have_restored_it(world: World) -> None:
    """Evidence of the named accounts alone."""
    organization(world)
    del world.tables["organization_accounts", ""]
    assert unknown(world) == NOT_READ


def test_regions_that_the_run_leaves_out_leave_it_open(world: World) -> None:
    """They are of other accounts, too."""
    organization(world)
    world.provenance = {"regions_left_out": ["eu-west-2"]}
    assert unknown(world) == NOT_READ


def test_the_accounts_are_asked_for_once_a_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many places ask whether some were left out."""
    organization(world)
    subjects, tables, read = world.subjects(), list[str](), Evidence.read

    def counted(self: Evidence, table: str, *place: Any, **more: Any) -> Any:
        tables.append(table)
        return read(self, table, *place, **more)

    monkeypatch.setattr(Evidence, "read", counted)
    answers = [one.scope.leaves_accounts_out() for one in subjects.inventories]
    assert (answers, tables.count("organization_accounts")) == ([False] * 3, 1)


def shared(world: World, place: str, *, there: str = THERE, **point: Any) -> None:
    """A restore in another account, out of a vault of `place` (an account and a Region, or `home`).

    The job names no resource, and its recovery point by an ARN of AWS Backup.
    """
    account, _, region = place.rpartition("/")
    arn = f"arn:aws:backup:{region}:{account or ACCOUNT}:recovery-point:1"
    if point:
        world.add("recovery_points", place, arn=arn, status="COMPLETED", **point)
    restore(world, 4, there, resource_arn=None, recovery_point_arn=arn)


@pytest.mark.parametrize("lies", [World.home, "777788889999/eu-west-1"], ids=["own vault", "of a third"])
def test_what_was_restored_out_of_a_shared_vault_is_named_by_its_recovery_point(
    world: World, lies: str
) -> None:
    """Where that lies, which is not where the job ran."""
    organization(world, ACCOUNT, OTHER)
    if "/" in lies:
        world.add("accounts", account_id=lies[:12], name="", partition="aws", ou_path=[], status="ACTIVE")
    shared(world, lies, vault_arn=world.vault, resource_arn=world.volume, resource_type="EBS",
           created_at=world.night(5))  # fmt: skip
    found = of(world)
    assert (found["completed"], found["placed"], found["age_days"]) == (1, 1, 4.0)
    assert unknown(world) == []


@pytest.mark.parametrize(
    ("lies", "row", "named"),
    [
        (World.home, {}, OPEN),
        (World.home, {"resource_type": "RDS"}, []),
        (World.away, {}, []),
        ("777788889999/eu-west-1", {}, []),
    ],
    ids=["here", "of another type", "in another Region", "in a third account"],
)
def test_one_whose_recovery_point_is_gone_may_be_of_what_lay_there(
    world: World, lies: str, row: dict[str, Any], named: list[Any]
) -> None:
    """Of its type; nothing of the volume was ever copied to the other places."""
    organization(world)
    asked(world)
    made(world, 0)
    shared(world, lies)
    world.tables["restore_jobs", THERE][0] |= row
    assert (of(world)["counted"], unknown(world)) == (0, named)


@pytest.mark.parametrize(
    ("there", "copied", "named"),
    [(True, False, []), (False, False, []), (False, True, OPEN)],
    ids=["named there", "gone", "gone where a copy lay"],
)
def test_what_ran_at_home_out_of_a_vault_of_another_account_is_none_of_the_own(
    world: World, named: list[Any], *, there: bool, copied: bool
) -> None:
    """But of what had a copy there."""
    organization(world)
    asked(world)
    made(world, 0)
    point = {"vault_arn": FAR, "resource_arn": f"{FAR}/volume", "resource_type": "EBS"} if there else {}
    if copied:
        world.add("copy_jobs", job_id="c", resource_arn=world.volume, state="COMPLETED",
                  created_at=world.night(3), destination_vault_arn=FAR)  # fmt: skip
    shared(world, THERE, there=World.home, **point)
    assert (of(world)["counted"], unknown(world)) == (0, named)


def test_a_restore_out_of_a_shared_vault_that_failed_is_named_too(world: World) -> None:
    """By its recovery point, as one that completed is."""
    organization(world)
    asked(world)
    arn = f"arn:aws:backup:{World.home}:{ACCOUNT}:recovery-point:1"
    world.point(arn, world.night(5))
    for there in (THERE, World.home):
        restore(world, 3, there, resource_arn=None, recovery_point_arn=arn, status="FAILED")
    found = of(world)
    assert (found["failed"], found["failed_since"], unknown(world, "failed_since")) == (2, 2, [])
