"""Legal holds beside a register of matters: of accounts and of recovery points, and what is not known."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import Asked
from auditor.evaluate.facts import Column
from auditor.model.holds import Matter
from tests.unit.evaluate.conftest import AS_OF, START, World

SMITH = "arn:aws:backup:eu-central-1:111122223333:legal-hold:h-1"
OLD = START - timedelta(days=100)
NOTHING: dict[str, Any] = {"unheld_matters": [], "cancelled_holds": [], "narrow_holds": [],
                           "unnamed_holds": [], "overdue_holds": []}  # fmt: skip
Holes = dict[str, list[tuple[str, str]]]


def matter(name: str = "2026-017", title: str = "Smith", **demands: Any) -> Matter:
    """A matter in the world's account and Region."""
    regions = demands.pop("regions", (World.home,))
    return Matter(name, title, (demands.pop("account", World.account),), regions, "legal", **demands)


def asking(world: World, *matters: Matter) -> World:
    """Where a register has these matters."""
    world.of_accounts = Asked(matters=matters)
    return world


def hold(world: World, title: str = "Smith", **row: Any) -> str:
    """Add a hold of everything that was there a day before as_of, and give its ARN."""
    base = {"arn": SMITH, "hold_id": "h-1", "title": title, "status": "ACTIVE", "vaults": [], "resources": [],
            "created_at": AS_OF - timedelta(days=1)}  # fmt: skip
    world.add("legal_holds", **{**base, **row})
    return str({**base, **row}["arn"])


def account(world: World, which: str = World.account) -> tuple[dict[str, Any], Holes]:
    """The facts of an account, and by fact the operations and errors of what of it is not known."""
    subjects = world.opened or world.subjects()
    (frame,) = (one for one in subjects.account_frames() if one.account_id == which)
    holes: Holes = {}
    for path, column in frame.facts.items():
        assert isinstance(column, Column)
        for of in column.holes:
            assert of.partial
            gaps = [subjects.gaps[name] for name in of.gaps]
            holes[path.partition(".")[2]] = [(gap.operation, gap.error) for gap in gaps]
    return frame.cite([*frame.facts], 0).get("account", {}), holes


def known(**more: Any) -> tuple[dict[str, Any], Holes]:
    """All of these facts, and nothing that is not known."""
    return {"open_matters": 1, "legal_holds": 1, **NOTHING, **more}, {}


@pytest.mark.parametrize("named", [{"title": "Smith"}, {"title": "other", "hold_id": "Smith"}])
def test_a_matter_with_its_hold_and_a_hold_with_its_matter(world: World, named: dict[str, str]) -> None:
    """By the title or the id."""
    hold(asking(world, matter()), **named)
    assert account(world) == known()


def test_a_matter_without_a_hold(world: World) -> None:
    """One that was made since as_of is none yet, and one that is being made does not hold yet."""
    asking(world, matter(), matter("2026-020", "Jones"))
    hold(world, "Jones", status="CREATING")
    hold(world, created_at=AS_OF + timedelta(minutes=1))
    unheld = ["2026-017: 'Smith' in eu-central-1", "2026-020: 'Jones' in eu-central-1, which is being made"]
    assert account(world) == known(open_matters=2, unheld_matters=unheld)


@pytest.mark.parametrize(
    ("first", "last", "lacks"),
    [
        (timedelta(), timedelta(), ""),
        (timedelta(seconds=1), timedelta(), "from 2026-01-01 on"),
        (timedelta(hours=-9), timedelta(), ""),
        (timedelta(), timedelta(hours=23, minutes=59), ""),
        (timedelta(), timedelta(hours=23, minutes=58), "from 2026-01-10 on"),
        (timedelta(), timedelta(hours=-1), "from 2026-01-09 on"),
    ],
)
def test_a_hold_of_a_part_of_a_day_lacks_that_day(
    world: World, first: timedelta, last: timedelta, lacks: str
) -> None:
    """Of what a matter demands by days, UTC. A range that ends at midnight is taken to have the day."""
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 10, tzinfo=UTC)
    demanded = matter(first=begin.date(), last=end.date())
    hold(asking(world, demanded), from_at=begin + first, to_at=end + last)
    what = f"2026-017: 'Smith' in eu-central-1 lacks every resource in every vault {lacks}"
    assert account(world) == known(**({"narrow_holds": [what]} if lacks else {}))


def test_a_hold_that_was_cancelled_while_its_matter_is_open(world: World) -> None:
    """Not where another one of that title is active."""
    asking(world, matter())
    hold(world, status="CANCELED", vaults=None, cancelled_at=AS_OF - timedelta(hours=30))
    said = ["2026-017: 'Smith' in eu-central-1 is CANCELED since 2026-02-07"]
    assert account(world) == known(cancelled_holds=said, legal_holds=0)


def test_another_active_one_is_enough(world: World) -> None:
    """Whatever became of the first."""
    asking(world, matter())
    hold(world, status="CANCELING", vaults=None)
    hold(world, arn=SMITH + "b", hold_id="h-2")
    assert account(world) == known()


def test_a_hold_that_takes_in_less(world: World) -> None:
    """By its selection, or because it was made before the last day that is demanded."""
    asking(world, matter(last=date(2026, 2, 8)), matter("2026-020", "Jones", vaults=("main", "b")))
    hold(world, created_at=AS_OF - timedelta(days=2))
    hold(world, "Jones", vaults=["main"])
    narrow = [
        "2026-017: 'Smith' in eu-central-1 lacks every resource in every vault from 2026-02-08 on",
        "2026-020: 'Jones' in eu-central-1 lacks every resource in vault b",
    ]
    assert account(world) == known(open_matters=2, legal_holds=2, narrow_holds=narrow)


def test_a_hold_that_no_matter_names_and_one_whose_matter_is_over(world: World) -> None:
    """What is cancelled is nobody's business; a matter is open through its last day."""
    over = matter("2025-001", "Jones", until=date(2026, 2, 8))
    asking(world, over, matter(until=AS_OF.date()))
    hold(world)
    hold(world, "Jones", hold_id="h-2")
    hold(world, "stray", hold_id="h-3")
    hold(world, "gone", status="CANCELED", vaults=None)
    facts = known(
        legal_holds=3,
        unnamed_holds=["'stray' (h-3) in eu-central-1"],
        overdue_holds=["'Jones' (h-2) in eu-central-1 of 2025-001, over since 2026-02-08"],
    )
    assert account(world) == facts


def test_ten_are_named_and_all_are_counted(world: World) -> None:
    """Of each kind."""
    asking(world, *(matter(f"m-{number:02}") for number in range(12)))
    facts, _ = account(world)
    assert (len(facts["unheld_matters"]), facts["unheld_matters"][-1]) == (11, "and 2 more")


@pytest.mark.parametrize(
    ("why", "left"),
    [("denied", ("ListLegalHolds", "AccessDeniedException")), ("late", ("ListLegalHolds", "ReadLater"))],
)
def test_where_holds_were_not_read_in_time_nothing_is_sure(world: World, why: str, left: Any) -> None:
    """Neither that a hold is missing, nor that there is none too many."""
    asking(world, matter())
    if why == "denied":
        world.gap("legal_holds", operation="ListLegalHolds")
    else:
        world.collected_at = AS_OF + timedelta(days=1)
    facts, holes = account(world)
    assert facts == {"open_matters": 1, "legal_holds": 0, **NOTHING}
    assert {path: {*gaps} for path, gaps in holes.items()} == {
        key: {left} for key in (*NOTHING, "legal_holds")
    }


def test_a_state_that_is_not_known_says_nothing(world: World) -> None:
    """Of that hold, which may hold or not."""
    hold(asking(world, matter()), status="SUSPENDED")
    facts, holes = account(world)
    assert (facts["unheld_matters"], holes["unheld_matters"]) == ([], [("ListLegalHolds", "Unknown")])


def test_a_hold_whose_selection_was_not_read_holds_something(world: World) -> None:
    """The matter is held; how far is not known."""
    hold(asking(world, matter()), vaults=None)
    world.gap("legal_holds", operation="GetLegalHold")
    facts, holes = account(world)
    assert (facts["narrow_holds"], facts["unheld_matters"]) == ([], [])
    assert holes["narrow_holds"] == [("GetLegalHold", "AccessDeniedException")]
    assert "unheld_matters" not in holes


def test_a_place_that_was_not_read_is_named(world: World) -> None:
    """A Region that the run left out; of the whole organization also an account that is not in it."""
    asking(world, matter(regions=("us-east-1",)), matter("2026-020", account="999988887777"))
    world.management = World.account
    facts, holes = account(world)
    assert (facts["unheld_matters"], holes["unheld_matters"]) == ([], [("ListLegalHolds", "NotRead")])
    facts, holes = account(world, "999988887777")
    assert facts == {"management": False, "open_matters": 1, "legal_holds": 0, **NOTHING}
    assert holes["unheld_matters"] == [("ListLegalHolds", "NotRead")]


def test_where_only_some_accounts_are_audited_others_are_not_asked(world: World) -> None:
    """A register may be of the whole organization."""
    asking(world, matter("2026-020", account="999988887777"))
    assert [one.account_id for one in world.subjects().account_frames()] == [World.account]


def test_without_a_register_nobody_is_asked(world: World) -> None:
    """Whatever the evidence has."""
    hold(world)
    world.backup(3)
    assert list(world.subjects().account_frames()) == []
    (point,) = world.facts("recovery_point")
    assert not {"matters", "unheld_matters"}.intersection(point["recovery_point"])


def points(world: World) -> list[tuple[list[str], list[str] | None]]:
    """Of each recovery point the matters that demand it, and those that miss it; None: that is not known."""
    found = []
    for number, one in enumerate(world.facts("recovery_point")):
        told = one["recovery_point"]
        unsure = world.unknown("recovery_point", "recovery_point.unheld_matters", number)
        found.append((told["matters"], None if unsure else told["unheld_matters"]))
    return found


def under(world: World, *numbers: int, arn: str = SMITH) -> None:
    """Have a hold take in the points of these nights."""
    for number in numbers:
        point = f"arn:aws:ec2:eu-central-1::snapshot/snap-{number}"
        world.add("held_points", hold_arn=arn, recovery_point_arn=point)


@pytest.mark.parametrize(
    ("demands", "which"),
    [
        ({}, [3, 4, 5]),
        ({"vaults": ("main",)}, [3, 4, 5]),
        ({"vaults": ("other",)}, []),
        ({"resources": ("RDS", World.volume)}, [3, 4, 5]),
        ({"resources": ("EBS",)}, [3, 4, 5]),
        ({"resources": ("RDS",)}, []),
        ({"first": date(2026, 1, 14)}, [4, 5]),
        ({"last": date(2026, 1, 14)}, [3, 4]),
        ({"regions": ("eu-west-1",)}, []),
        ({"until": date(2026, 2, 8)}, []),
    ],
)
def test_which_recovery_points_a_matter_demands(
    world: World, demands: dict[str, Any], which: list[int]
) -> None:
    """Those of its vaults, resources and days; the night of 13 January has the number 3."""
    hold(asking(world, matter(**demands)))
    for number in (3, 4, 5):
        world.backup(number)
    under(world, 4)
    expected = [["2026-017"] if number in which else [] for number in (3, 4, 5)]
    missed = [names if number != 4 else [] for number, names in zip((3, 4, 5), expected, strict=True)]
    assert points(world) == list(zip(expected, missed, strict=True))


def test_each_matter_has_a_hold_of_its_own(world: World) -> None:
    """One that is cancelled holds nothing, whatever is listed of it."""
    asking(world, matter(), matter("2026-020", "Jones"), matter("2026-021", "Doe"))
    hold(world)
    hold(world, "Jones", arn=SMITH + "b", status="CANCELED", vaults=None)
    world.backup(3)
    under(world, 3)
    world.add(
        "held_points", hold_arn=SMITH + "b", recovery_point_arn="arn:aws:ec2:eu-central-1::snapshot/snap-3"
    )
    names = ["2026-017", "2026-020", "2026-021"]
    assert points(world) == [(names, names[1:])]


@pytest.mark.parametrize("table", ["legal_holds", "held_points"])
def test_a_gap_hides_what_is_held_and_takes_back_nothing(world: World, table: str) -> None:
    """What is known to be held is."""
    hold(asking(world, matter()))
    for number in (3, 4):
        world.backup(number)
    under(world, 4)
    world.gap(table)
    assert points(world) == [(["2026-017"], None), (["2026-017"], [])]


def test_what_is_nested_in_a_held_composite_is_left_open(world: World) -> None:
    """AWS does not say whether it is held with it; where the composite is not held, it is not."""
    hold(asking(world, matter()))
    for number, parent in ((3, 4), (5, 6)):
        world.backup(parent)
        world.point(f"nested-{number}", START, parent_arn=f"arn:aws:ec2:eu-central-1::snapshot/snap-{parent}")
    under(world, 4)
    found = [(["2026-017"], missed) for missed in ([], None, ["2026-017"], ["2026-017"])]
    assert points(world) == found


def test_a_type_that_is_not_told_may_be_demanded(world: World) -> None:
    """Where the matter demands types."""
    hold(asking(world, matter(resources=("EBS",))))
    world.point("p", START, resource_type=None)
    assert world.unknown("recovery_point", "recovery_point.matters") == [
        ("ListRecoveryPointsByBackupVault", "Unknown", True)
    ]
