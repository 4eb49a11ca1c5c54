"""`auditor publish security-hub`: Workflow and Note of what is waived, by the hub on loopback."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.publish.publishing import (
    BARE,
    HERE,
    LATER,
    PROTECTED,
    UNPROTECTED,
    audited,
    estate,
    published,
)
from tests.loopback.faults import denied
from tests.loopback.security_hub import SecurityHub
from tests.loopback.standing import World

TEXT = "Waived until 2026-03-20: It moves."
WAIVER = {
    "control_id": PROTECTED, "subject": BARE, "reason": "It moves.", "approved_by": "ciso",
    "expires": "2026-03-20",
}  # fmt: skip
SET = {"Workflow": {"Status": "SUPPRESSED"}, "Note": {"Text": TEXT, "UpdatedBy": "ciso"}}
OPENED = {"Workflow": {"Status": "NEW"}, "Note": {"Text": "No longer waived.", "UpdatedBy": "auditor"}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A run without the waiver, one with it and one after it."""
    world, folder = estate(), tmp_path_factory.mktemp("waived")
    return (
        audited(world, folder),
        audited(world, folder, as_of=LATER, waivers=[WAIVER]),
        audited(world, folder, as_of=LATER + timedelta(hours=1)),
    )


@pytest.fixture
def world() -> World:
    """The estate."""
    return estate()


@pytest.fixture
def hub(world: World, runs: tuple[Path, Path, Path]) -> SecurityHub:
    """Its Security Hub, after the first run was published."""
    made = SecurityHub().serve(world)
    assert published(world, runs[0])[0] == 0
    return made


def customers(hub: SecurityHub) -> Mapping[str, Any]:
    """Workflow and Note of the finding that is waived."""
    one = hub.findings[HERE][UNPROTECTED]
    return {name: one[name] for name in ("Workflow", "Note") if name in one}


@pytest.mark.long
def test_what_is_waived_is_suppressed_and_new_when_it_is_over(
    world: World, hub: SecurityHub, runs: tuple[Path, Path, Path]
) -> None:
    """A dry run says so and sets nothing, a second publish finds nothing to set."""
    _, waived, after = runs
    assert published(world, waived, "--dry-run")[1][-1] == "Would send: 3 new, 18 renewed, 1 suppressed"
    assert customers(hub) == {"Workflow": {"Status": "NEW"}}
    assert published(world, waived)[1][-1] == "Sent: 3 new, 18 renewed, 1 suppressed"
    assert customers(hub) == SET
    assert published(world, waived)[1][-1] == "Sent: 21 unchanged"

    assert published(world, after)[1][-1] == "Sent: 18 renewed, 3 left open, 1 reopened"
    assert customers(hub) == OPENED


def test_what_people_suppressed_stays(world: World, hub: SecurityHub, runs: tuple[Path, Path, Path]) -> None:
    """It was never waived, and they have said so."""
    theirs = {"Workflow": {"Status": "SUPPRESSED"}, "Note": {"Text": "mine", "UpdatedBy": "me"}}
    hub.findings[HERE][UNPROTECTED] |= theirs
    assert published(world, runs[2])[1][-1] == "Sent: 18 renewed"
    assert customers(hub) == theirs


def test_a_workflow_that_is_not_set_is_said(
    world: World, hub: SecurityHub, runs: tuple[Path, Path, Path]
) -> None:
    """The finding is sent all the same, and the next publish sets it."""
    code, lines = published(world, runs[1], faults=(denied("BatchUpdateFindings"),))
    assert (code, lines[-1]) == (1, "Sent: 3 new, 18 renewed; 1 of 4 accounts and Regions failed")
    assert lines[1].startswith("  failed  The Workflow of 1 finding was not set: BatchUpdateFindings failed")
    assert lines[1].endswith("; allow the role what examples/iam/auditor-publish.json lists.")
    assert published(world, runs[1])[1][-1] == "Sent: 21 unchanged, 1 suppressed"
    assert customers(hub) == SET


def test_a_pass_that_comes_back_is_resolved(
    world: World, hub: SecurityHub, runs: tuple[Path, Path, Path]
) -> None:
    """Security Hub makes it NEW, as whatever was archived and is active again."""
    passes = [one for one in hub.findings[HERE].values() if one["Compliance"]["Status"] == "PASSED"]
    for one in passes:
        one["RecordState"] = "ARCHIVED"
    said = published(world, runs[2])[1][0]
    assert said.endswith(f" {HERE[1]}: 14 renewed, {len(passes)} resolved")
    assert {one["Workflow"]["Status"] for one in hub.findings[HERE].values()
            if one["Compliance"]["Status"] == "PASSED"} == {"RESOLVED"}  # fmt: skip


def test_a_finding_about_a_waiver_is_over_when_the_waiver_is_gone(
    world: World, runs: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    """It has expired: that stays a finding while it is in the file, and ends with the last waiver."""
    expired = audited(world, tmp_path, as_of=LATER, waivers=[{**WAIVER, "expires": "2026-02-01"}])
    hub = SecurityHub().serve(world)

    def states() -> list[str]:
        found = (one for held in hub.findings.values() for one in held.values())
        return [one["RecordState"] for one in found if one["Resources"][0]["Id"].startswith("waiver/")
                and one["Compliance"]["Status"] == "FAILED"]  # fmt: skip

    published(world, expired)
    assert states() == ["ACTIVE"]
    published(world, expired)
    assert states() == ["ACTIVE"]
    published(world, runs[2])
    assert states() == ["ARCHIVED"]
