"""Parity with AWS Backup Audit Manager of scopes by a tag, of recovery points of every service."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from auditor.evaluate.gaps import GapIndex
from auditor.evaluate.point_tags import untold_points
from auditor.model.verdicts import Gap
from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, World
from tests.unit.evaluate.parity import COMPLIANT, HOME, OUT, UNKNOWN, framework, verdicts

ENCRYPTED = "BACKUP_RECOVERY_POINT_ENCRYPTED"
#: By the service of their ARNs: recovery points that AWS Backup does not manage fully.
POINTS = {
    f"arn:aws:ec2:{HOME}::snapshot/snap-": "ec2",
    f"arn:aws:ec2:{HOME}::image/ami-": "ec2",
    f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:awsbackup:job-": "rds",
    f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster-snapshot:awsbackup:job-": "rds",
    f"arn:aws:fsx:{HOME}:{ACCOUNT}:backup/backup-": "fsx",
    f"arn:aws:redshift:{HOME}:{ACCOUNT}:snapshot:sales/awsbackup:job-": "redshift",
    f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders/backup/": "dynamodb",
    f"arn:aws:redshift-serverless:{HOME}:{ACCOUNT}:snapshot/": "redshift-serverless",
}
#: What the list says of the tags of each; None: it does not have it, or says nothing.
TAGS = {
    "has": {"team": "a", "stage": ""},
    "other": {"team": "b"},
    "upper": {"Team": "a", "TEAM": "A"},
    "value": {"team": "A"},
    "bare": {},
    "gone": None,
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all cases."""
    yield from parity.engine()


def points(world: World, begin: str) -> None:
    """A recovery point of each kind of `TAGS`, and the rows of their tags."""
    for name, tags in TAGS.items():
        world.point(f"{begin}{name}", AS_OF - timedelta(days=3))
        if tags is not None:
            world.add("backup_tags", arn=f"{begin}{name}", tags=tags)


def judged(engine: Engine, world: World, **tag: str) -> dict[str, str]:
    """The verdicts on the recovery points by their names in `TAGS`."""
    found = verdicts(engine, world.subjects(), framework(ENCRYPTED, {"Tags": tag}))
    return {next(one for one in TAGS if name.endswith(one)): said for name, said in found.items()}


@pytest.mark.parametrize("begin", POINTS)
def test_the_tags_of_snapshots_images_and_backups_are_those_of_the_recovery_points(
    engine: Engine, world: World, begin: str
) -> None:
    """Key and value are compared as they are written; one that the list does not have stays open."""
    points(world, begin)

    out = dict.fromkeys(TAGS, OUT)
    assert judged(engine, world, team="a") == {**out, "has": COMPLIANT, "gone": UNKNOWN}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ({"team": ""}, {"has": UNKNOWN, "other": UNKNOWN, "value": UNKNOWN}),
        ({"stage": ""}, {"has": COMPLIANT}),
        ({"stage": "x"}, {}),
        ({"Team": "a"}, {"upper": COMPLIANT}),
    ],
)
def test_a_tag_of_the_scope_without_a_value(
    engine: Engine, world: World, tag: dict[str, str], expected: dict[str, str]
) -> None:
    """It is an empty value surely, and any value perhaps."""
    points(world, next(iter(POINTS)))

    assert judged(engine, world, **tag) == {**dict.fromkeys(TAGS, OUT), "gone": UNKNOWN, **expected}


def test_why_the_tags_of_some_are_not_known(world: World) -> None:
    """The refusal of its own list where there was one: that of another list explains nothing."""
    points(world, next(iter(POINTS)))
    inventory = next(one for one in world.subjects().inventories if one.scope.region == HOME)
    refused = [
        Gap(f"gap-{one}", ACCOUNT, HOME, one, "Describe", "Denied", "no", ("backup_tags.snapshots",))
        for one in ("ec2", "fsx", "rds")
    ]
    inventory.scope = replace(inventory.scope, gaps=GapIndex(tuple(refused)))
    (asked,) = framework(ENCRYPTED, {"Tags": {"team": "a"}}).controls

    holes = untold_points(inventory, asked, [*POINTS], np.ones(len(POINTS), bool))

    told = inventory.scope.unknowns.found
    found = {
        service: [one if one not in told else told[one].message.partition(": ")[2] for one in hole.gaps]
        for hole in holes
        for service in {of for of, its in zip(POINTS.values(), hole.mask(len(POINTS)), strict=True) if its}
    }
    assert found == {
        **{one: [f"gap-{one}"] for one in ("ec2", "fsx", "rds")},
        "redshift": ["the lists of redshift do not have the backups behind them, or not with tags."],
        "dynamodb": ["no list of dynamodb has the tags of its backups."],
        "redshift-serverless": ["no list of redshift-serverless has the tags of its backups."],
    }


def test_what_lies_in_another_account_is_not_told(engine: Engine, world: World) -> None:
    """The list of this account names none of another's: that says nothing of their tags."""
    here = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:"
    for arn in (f"{here}has", f"{here}bare", f"arn:aws:backup:{HOME}:999900001111:recovery-point:gone"):
        world.point(arn, AS_OF - timedelta(days=3))
    world.add("backup_tags", arn=f"{here}has", tags=TAGS["has"])

    assert judged(engine, world, team="a") == {"has": COMPLIANT, "bare": OUT, "gone": UNKNOWN}


def test_what_is_no_arn_stays_open(engine: Engine, world: World) -> None:
    """Nobody knows of which service it is."""
    points(world, "odd-")
    out = dict.fromkeys(TAGS, OUT)
    assert judged(engine, world, team="a") == {**out, "has": COMPLIANT, "gone": UNKNOWN}
