"""What page one says of a whole audit, and that result, exit code, headline and gaps say the same."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.catalogue.load import policies_folder
from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, VOLUME, World, nights, standing, vault_arn

MET = "Every demand that applies is met"
#: Everything is exempt by its tag, else of the standing tier.
TIERS = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [{"tier": "exempt", "tags": {"backup-tier": "exempt"}}],
    "default": "daily",
}
#: What is in the unit Sandbox is exempt, else of the standing tier.
BY_UNIT = {**TIERS, "assignment": [{"tier": "exempt", "organizational_units": ["Sandbox"]}]}
OTHER = "444455556666"
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


@pytest.mark.parametrize("status", ["SUSPENDED", "PENDING_CLOSURE"])
def test_an_account_that_was_left_out_is_told_everywhere(tmp_path: Path, status: str) -> None:
    """A closed account of the organization is not counted with the others, and named with its status."""
    world = standing(14)
    world.account(OTHER, "second", status=status)
    found = audit(world, tmp_path, accounts="organization", formats=["html", "json"])

    assert said(found) == ("COMPLIANT", "compliant", 0)
    assert found.document["summary"]["accounts_left_out"] == {status: 1}
    assert "0 of 1 accounts have findings." in printed(found)
    assert f"1 account of the organization was left out because of its status: 1 {status}." in printed(found)
    assert f"left out: {OTHER} second ({status})" in printed(found)
    page = (found.run / "report.html").read_text(encoding="utf-8")
    assert f"<bdi>second</bdi> {OTHER} ({status})" in page
    assert ">not read<" not in page


@pytest.mark.parametrize(("by_unit", "status"), [(False, ""), (True, "SUSPENDED")])
def test_a_named_account_has_the_status_that_the_organization_told(
    tmp_path: Path, *, by_unit: bool, status: str
) -> None:
    """Where nobody asked it has none; it could not be read, and is left out in neither case."""
    world = standing(14)
    world.account(OTHER, "second", status="SUSPENDED")
    tiers = BY_UNIT if by_unit else None
    found = audit(world, tmp_path, accounts=[ACCOUNT, OTHER], tiers=tiers)

    states = [
        (one["account_id"], one["status"], one["left_out"]) for one in found.document["run"]["accounts"]
    ]
    assert states == [(ACCOUNT, "ACTIVE" if by_unit else "", False), (OTHER, status, False)]
    assert (found.exit_code, found.document["summary"]["accounts_unread"]) == (4, 1)
    assert "left out" not in printed(found)


def test_resources_whose_tier_is_unknown_are_not_said_to_need_no_backup(tmp_path: Path) -> None:
    """The units of the organization were denied, and the tiers hang on them."""
    found = audit(standing(14), tmp_path, tiers=BY_UNIT, faults=[denied("ListRoots")])

    assert said(found) == ("INSUFFICIENT_DATA", "incomplete", 4)
    assert "Evidence incomplete: It is not known whether 1 resource needs backup." in printed(found)
    assert "No resource that needs backup" not in printed(found)


def test_an_open_verdict_without_a_gap_is_not_laid_to_a_call(tmp_path: Path) -> None:
    """A control of one's own says neither: no call failed, and no evidence is missing."""
    policies = tmp_path / "policies"
    shutil.copytree(policies_folder(), policies)
    control = policies / "controls/frequency/newest_within_rpo/newest_within_rpo.rego"
    text = control.read_text(encoding="utf-8")
    says = "\ncompliant if compare."
    assert f"{says}at_most(" in text
    control.write_text(text.replace(f"{says}at_most(", f"{says}above("), encoding="utf-8")
    found = audit(standing(14), tmp_path, policies=str(policies), formats=["html", "json"])

    page = (found.run / "report.html").read_text(encoding="utf-8")
    assert (*said(found), found.gaps) == ("INSUFFICIENT_DATA", "incomplete", 4, [])
    for text in (printed(found), page):
        assert "could nevertheless not be reached" in text
        assert "could not be reached though no call failed" in text
        assert "evidence is missing" not in text
        assert "answered in full" not in text
        assert "no gaps" not in text


def test_a_region_that_was_not_asked_is_not_said_to_have_failed(tmp_path: Path) -> None:
    """Copies go where the run was not asked to look: no call failed there."""
    world = standing(14)
    for night in nights():
        world.copied(night, vault_arn("far", AWAY))
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, regions=[HOME])

    (reason,) = found.reasons("BKP-ISO-001", VOLUME)
    assert reason.message == f"account {ACCOUNT} {AWAY} was not read: the run was not asked to read it"


@pytest.mark.parametrize("demanded", [True, False])
def test_a_key_that_nobody_knows_any_more_is_a_finding_and_a_gap_where_it_matters(
    tmp_path: Path, *, demanded: bool
) -> None:
    """It is gone, whatever a tier asks; whose it was is missing only where a tier asks for one's own."""
    world = standing(14)
    (key,) = world.at().keys
    world.at().keys.clear()
    found = audit(world, tmp_path, tier={"customer_key": demanded})

    assert found.exit_code == 3
    assert [reason.code for reason in found.reasons("BKP-ENC-002", key)] == ["gone"]
    assert [gap["operation"] for gap in found.gaps] == ["DescribeKey"] * demanded


@pytest.mark.parametrize("refused", [True, False])
def test_a_point_without_a_key_has_a_gap_of_its_own(tmp_path: Path, *, refused: bool) -> None:
    """Whether KMS refused to tell of another point's key or not."""
    world = standing(14)
    keyed = world.point(AS_OF - timedelta(hours=2))
    bare = world.point(AS_OF - timedelta(hours=1), EncryptionKeyArn=None)
    faults = [denied("DescribeKey")] if refused else []
    found = audit(world, tmp_path, tier={"customer_key": True}, faults=faults)

    arns = [point["RecoveryPointArn"] for point in (keyed, bare)]
    assert [found.verdict("BKP-ENC-001", arn) for arn in arns] == [
        "INSUFFICIENT_DATA" if refused else "COMPLIANT",
        "INSUFFICIENT_DATA",
    ]
    (reason,) = found.reasons("BKP-ENC-001", arns[1])
    assert reason.evidence["gaps"][0]["error"] == "Unknown"
