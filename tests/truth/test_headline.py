"""What page one says of a whole audit, and that result, exit code, headline and gaps say the same."""

from pathlib import Path

import pytest

from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import VOLUME, World, standing

MET = "Every demand that applies is met"
#: Everything is exempt by its tag, else of the standing tier.
TIERS = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [{"tier": "exempt", "tags": {"backup-tier": "exempt"}}],
    "default": "daily",
}
EXEMPT = [{"Key": "backup-tier", "Value": "exempt"}]


def said(found: Judgement) -> tuple[str, str, int]:
    """Overall result, headline and exit code; the document's exit code is the command's."""
    summary = found.document["summary"]
    assert summary["exit_code"] == found.exit_code
    return found.overall, summary["headline"], found.exit_code


def printed(found: Judgement) -> str:
    """The output on one line."""
    return " ".join(found.output.split())


def test_a_healthy_account_is_compliant(tmp_path: Path) -> None:
    """One volume, backed up every night: the opposite of all that follows."""
    found = audit(standing(14), tmp_path)

    assert said(found) == ("COMPLIANT", "compliant", 0)
    assert "Compliant: 0 of 1 resources that need backup have findings." in printed(found)
    assert "0 of 1 resources are exempt from backup (0 %)." in printed(found)
    assert MET in printed(found)


def test_an_account_with_nothing_in_it_is_no_pass(tmp_path: Path) -> None:
    """No resource, no backup, nothing denied."""
    found = audit(World(), tmp_path)

    assert (*said(found), found.gaps) == ("NOT_APPLICABLE", "nothing_in_scope", 4, [])
    assert "Nothing in scope: No resource that needs backup was found." in printed(found)
    assert MET not in printed(found)


def test_nothing_but_exempt_resources_is_no_pass(tmp_path: Path) -> None:
    """23 volumes, all tagged exempt, and no backup anywhere."""
    world = World()
    for number in range(23):
        world.volume(f"vol-{number}", Tags=EXEMPT)
    found = audit(world, tmp_path, tiers=TIERS)

    assert (*said(found), found.gaps) == ("NOT_APPLICABLE", "nothing_but_exempt", 4, [])
    assert "23 of 23 resources are exempt from backup (100 %)." in printed(found)
    assert MET not in printed(found)


def test_one_resource_that_is_backed_up_makes_exempt_ones_a_share(tmp_path: Path) -> None:
    """22 exempt volumes beside the standing one: a pass, whose share of exempt resources is said."""
    world = standing(14)
    for number in range(2, 24):
        world.volume(f"vol-{number}", Tags=EXEMPT)
    found = audit(world, tmp_path, tiers=TIERS)

    assert said(found) == ("COMPLIANT", "compliant", 0)
    assert "22 of 23 resources are exempt from backup (96 %)." in printed(found)


def test_waived_findings_are_in_the_headline(tmp_path: Path) -> None:
    """Three unprotected volumes: not compliant; with every finding waived no plain "Compliant"."""
    world = standing(14)
    for number in (2, 3, 4):
        world.volume(f"vol-{number}")
    plain = audit(world, tmp_path)
    waivers = [
        {"control_id": finding["control_id"], "subject": finding["subject"]["arn"],
         "reason": "moves next week", "approved_by": "security", "expires": "2026-03-31"}
        for finding in plain.document["findings"]
    ]  # fmt: skip
    found = audit(world, tmp_path, waivers=waivers)

    assert said(plain) == ("NON_COMPLIANT", "non_compliant", 3)
    assert "Not compliant: 3 of 4 resources that need backup have findings." in printed(plain)
    assert said(found) == ("WAIVED", "waived", 0)
    assert f"Compliant, with {len(waivers)} findings waived: 0 of 4 resources" in printed(found)
    assert "3 resources are waived." in printed(found)
    assert MET not in printed(found)


def test_missing_evidence_is_never_over_every_demand_is_met(tmp_path: Path) -> None:
    """A denied inventory: the gap is listed, counted, and the reason of the exit code."""
    found = audit(standing(14), tmp_path, faults=[denied("DescribeDBInstances")])

    assert said(found) == ("INSUFFICIENT_DATA", "incomplete", 4)
    assert len(found.gaps) == found.document["summary"]["gaps"] > 0
    assert "Evidence incomplete" in printed(found)
    assert MET not in printed(found)


def test_an_account_that_could_not_be_read_is_said_and_nothing_in_it_is_counted(tmp_path: Path) -> None:
    """Its Regions were not told: no resource of it is compliant, exempt or with findings."""
    found = audit(standing(14), tmp_path, faults=[denied("DescribeRegions")])

    summary = found.document["summary"]
    assert said(found) == ("INSUFFICIENT_DATA", "incomplete", 4)
    assert (summary["accounts"], summary["accounts_unread"], summary["resources_required"]) == (1, 1, 0)
    assert "1 account could not be read." in printed(found)


def test_recovery_points_dilute_nothing(tmp_path: Path) -> None:
    """One of two volumes is not backed up: half of the resources, though hundreds of verdicts are passes."""
    world = standing(35)
    world.volume("vol-2")
    summary = audit(world, tmp_path).document["summary"]

    assert (summary["resources_with_findings"], summary["resources_required"]) == (1, 2)
    assert summary["resources_by_verdict"]["COMPLIANT"] == 1
    assert summary["recovery_points_with_findings"] == 0
    assert summary["recovery_points_by_verdict"]["COMPLIANT"] == summary["recovery_points"] > 20


@pytest.mark.parametrize(("fail_on", "code"), [("high", 3), ("critical", 0), ("never", 0)])
def test_the_setting_changes_the_exit_code_and_not_the_headline(
    tmp_path: Path, fail_on: str, code: int
) -> None:
    """An unprotected volume is a high finding whoever asks; above that the command does not fail."""
    world = standing(14)
    world.volume("vol-2")
    found = audit(world, tmp_path, fail_on=fail_on)

    assert said(found) == ("NON_COMPLIANT", "non_compliant", code)
    assert found.verdict("BKP-COV-001", VOLUME) == "COMPLIANT"
