"""The estate that is published, its runs and what a publish says."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reports.ids import finding_id
from tests.loopback.auditing import audit, command
from tests.loopback.faults import Fault
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, VOLUME, World, standing

OTHER = "222233334444"
HERE, THERE = (ACCOUNT, HOME), (OTHER, HOME)
BARE = f"{VOLUME}0"
PROTECTED = "BKP-COV-001"
UNPROTECTED = finding_id(PROTECTED, BARE, ACCOUNT, HOME)
LATER = AS_OF + timedelta(hours=1)


def estate() -> World:
    """A volume that is backed up, and one that is not; another account with one that is not."""
    world = standing(keep=14)
    world.volume("vol-10")
    world.account(OTHER, "bank")
    world.volume("vol-2", account_id=OTHER)
    world.page_size = 3
    return world


def audited(world: World, tmp_path: Path, *faults: Fault, as_of: datetime = AS_OF, **settings: Any) -> Path:
    """The folder of a run of both accounts."""
    world.clock = as_of + timedelta(minutes=1)
    chosen = {"accounts": [ACCOUNT, OTHER], **settings}
    return audit(world, tmp_path, faults=faults, as_of=as_of, **chosen).run


def published(
    world: World, run: Path, *options: str, faults: tuple[Fault, ...] = ()
) -> tuple[int, list[str]]:
    """Exit code and lines of a publish."""
    code, output, _ = command(world, "publish", "security-hub", str(run), *options, faults=faults)
    return code, output.splitlines()
