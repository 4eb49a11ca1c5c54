"""`auditor check --against`: a change held against a run, and against an audit of what it really makes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from auditor.check.against import applied
from tests.check.conftest import Said
from tests.check.recorded_run import COVER, KEPT, PACE, against, declared, volume, world
from tests.check.terraform import Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, HOME, plan_arn


def test_a_changed_key_names_every_resource_that_falls_out(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """And no other: as a second audit of the changed organization says."""
    plan = written(tmp_path / "plan.json", declared("Backup"))

    code, found = against(command, run, plan)

    later = audit(world(key="Backup"), tmp_path)
    both = {key for key in run.verdicts if key[0] in (COVER, PACE, KEPT)}
    expected = {key: (run.verdicts[key], later.verdicts[key]) for key in both}
    said = {
        (one["control_id"], one["subject"]["arn"]): (one["before"], one["after"]) for one in found["changes"]
    }
    assert said == {key: pair for key, pair in expected.items() if pair[0] != pair[1]}
    assert code == 3


def test_the_terminal_names_who_loses_and_why(command: Said, run: Judgement, tmp_path: Path) -> None:
    """Name, account, Region, both verdicts and the near miss; then what is not asked, and how much was."""
    plan = written(tmp_path / "plan.json", declared("Backup"))

    code, out, err = command("check", plan, "--against", run.run)

    lines = out.splitlines()
    lines = lines[lines.index(f"against {run.run} of 2026-03-01T00:00:00Z (1 account):") :]
    assert (code, err) == (3, "")
    assert [line for line in lines if " BKP-COV-001 " in line] == [
        f"  {way} high BKP-COV-001 EBS volume/vol-{name} in {ACCOUNT}, {HOME}: {pair}"
        for way, name, pair in (
            ("loses", "one", "compliant -> finding"),
            ("loses", "two", "compliant -> finding"),
            ("gains", "three", "finding -> compliant"),
        )
    ]
    assert "Near miss: tag backup differs from Backup by case only." in lines[3]
    assert lines[-2].startswith("not asked, for only time can tell: BKP-COV-003, BKP-ENC-001,")
    said = "6 verdicts compared: 2 lost, 1 gained, 0 become unknown; less protection of 2 resources"
    assert lines[-1] == said


def test_a_plan_that_loses_names_what_it_protects(command: Said, run: Judgement, tmp_path: Path) -> None:
    """Its pace and its retention are asked of the tiers of the recorded resources."""
    plan = written(tmp_path / "plan.json", declared(schedule="cron(0 1 ? * MON *)"))

    code, found = against(command, run, plan)

    (change,) = found["changes"]
    assert code == 3
    assert (change["way"], change["control_id"], change["subject"]["name"]) == ("loses", PACE, "plan-1")
    assert [one["arn"] for one in change["affected"]] == [volume("one"), volume("two")]


def test_what_changes_nothing_changes_no_verdict(command: Said, run: Judgement, tmp_path: Path) -> None:
    """As much is compared, and nothing is another."""
    plan = written(tmp_path / "plan.json", declared())

    code, found = against(command, run, plan)

    assert (code, found["changes"], found["unmapped"]) == (0, [], [])
    assert found["compared"] == 6


def test_other_tiers_are_held_against_every_account(command: Said, run: Judgement, tmp_path: Path) -> None:
    """Without any input: what was demanded by the run's own tiers, and what is by those that are named."""
    demands = {"required": True, "rpo_hours": 24, "retention_days": 21, "customer_key": False, "lock": "none"}
    tiers = {"tiers": {"daily": demands, "none": {"required": False}}, "default": "daily", "assignment": [
        {"tier": "none", "tags": {"Backup": "yes"}}]}  # fmt: skip
    file = written(tmp_path / "tiers.yaml", tiers)

    code, found = against(command, run, "--tiers", file)

    said = [(one["way"], one["control_id"], one["subject"]["arn"]) for one in found["changes"]]
    plan = plan_arn("plan-1")
    assert code == 3
    assert said == [("loses", PACE, plan), ("loses", KEPT, plan), ("unasked", COVER, volume("three"))]
    assert found["policies_sha256"]["before"] != found["policies_sha256"]["after"]
    assert "BKP-FRQ-001" in found["only_later"]
    assert [
        one for one in found["only_later"] if not one.startswith("BKP-")
    ] == []  # of no framework, as the run


def test_a_server_that_holds_one_set_of_policies_judges_no_two(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """The other set would take the place of the first: what to use instead is said."""
    demands = {"required": True, "rpo_hours": 24, "retention_days": 7, "customer_key": False, "lock": "none"}
    tiers = {"tiers": {"daily": demands}, "default": "daily", "assignment": []}
    server = ("--engine", "opa-server", "--engine-url", "http://127.0.0.1:9")

    code, _, err = command(
        "check", "--against", run.run, "--tiers", written(tmp_path / "tiers.yaml", tiers), *server
    )

    assert code == 2
    assert "http://127.0.0.1:9 holds one set of policies at a time" in err


def test_a_weaker_control_gives_up_what_was_demanded(command: Said, run: Judgement, tmp_path: Path) -> None:
    """Rego of our own after the change: the finding of the run's own control is no longer one."""
    folder = tmp_path / "policies"
    shutil.copytree(run.run / "judged_by" / "policies", folder)
    control = folder / "controls" / "coverage" / "selected" / "selected.rego"
    text = control.read_text(encoding="utf-8")
    assert "applicable if input.tier.required" in text
    control.write_text(
        text.replace("applicable if input.tier.required", "applicable if false"), encoding="utf-8"
    )

    code, found = against(command, run, "--policies", folder, "--untested")

    arns = [volume(name) for name in ("four", "one", "three", "two")]
    said = [(one["way"], one["control_id"], one["subject"]["arn"]) for one in found["changes"]]
    assert said == [("unasked", COVER, arn) for arn in arns]
    assert code == 0


def test_what_the_run_does_not_have_is_said_and_no_pass(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """An account, a Region and a resource of which there is no evidence; nothing of it could be applied."""
    tags: dict[str, Any] = {"tags": {}, "tags_all": {}}
    lost = volume("lost")
    before = {"id": "vol-lost", "arn": lost, **tags}
    here = Plan(region=HOME).add("aws_ebs_volume.lost", ("update",), before=before, **before).first()
    there = Plan(region="ap-south-1").add("aws_ebs_volume.far", ("create",), **tags).first()
    one, two = written(tmp_path / "one.json", here), written(tmp_path / "two.json", there)

    code, found = against(command, run, one, two, "--account", ACCOUNT)

    assert code == 4
    assert found["unmapped"] == [
        f"{two}: account {ACCOUNT} was not read in ap-south-1",
        f"{one}: aws_ebs_volume.lost: the evidence does not have it, so what it was before is not known",
    ]
    assert against(command, run, two, "--account", "444455556666")[1]["unmapped"] == [
        f"{two}: account 444455556666 is not in the evidence"
    ]


def test_a_run_of_another_partition_is_refused(command: Said, run: Judgement, tmp_path: Path) -> None:
    """In one sentence, with exit code 2."""
    plan = written(tmp_path / "vault.yaml", "Resources: {One: {Type: AWS::Backup::BackupVault}}")
    place = ("--account", ACCOUNT, "--region", "cn-north-1")

    code, out, err = command("check", plan, "--against", run.run, *place)

    assert (code, out) == (2, "")
    assert "is of the partition aws, and " in err


def test_a_run_that_was_not_judged_or_has_no_evidence_is_refused(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """The sentence says which command comes first."""
    unjudged, empty = tmp_path / "unjudged", tmp_path / "empty"
    shutil.copytree(run.run, unjudged)
    (unjudged / "document.json").unlink()
    shutil.copytree(run.run, empty)
    (empty / "manifest.json").unlink()
    plan = written(tmp_path / "plan.json", declared())

    assert command("check", plan, "--against", unjudged)[::2] == (
        2,
        f"auditor: {unjudged} has not been judged yet: run `auditor evaluate {unjudged}` first.",
    )
    code, _, err = command("check", plan, "--against", empty)
    assert (code, "holds no finished run" in err) == (2, True)


def test_a_comment_says_who_loses_and_one_line_says_that_nobody_does(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """The headline counts them; where nothing is lost, the one line says how much was compared."""
    lost = written(tmp_path / "lost.json", declared("Backup"))
    same = written(tmp_path / "same.json", declared())

    first = command("check", lost, "--against", run.run, "--format", "markdown")[1].splitlines()
    second = command("check", same, "--against", run.run, "--format", "markdown")[1].splitlines()

    row = f"| loses, high | `BKP-COV-001` | `EBS volume/vol-one in {ACCOUNT}, {HOME}` | compliant | finding |"
    assert first[0] == "### Backup check: 2 lost in the organization <!-- auditor check -->"
    assert row in first
    assert second == [
        (
            "**Backup check: nothing found** (2 compliant, 0 findings, 0 unknown, 0 not looked at, 0 waived; "
            "1 assumption; against a run: 6 verdicts compared: 0 lost, 0 gained, 0 become unknown). "
            "<!-- auditor check -->"
        )
    ]


@pytest.mark.parametrize(("most", "code"), [(4, 3), (3, 1)])
def test_what_nobody_would_wait_for_is_refused(
    command: Said, run: Judgement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, code: int
) -> None:
    """A selection of a pull request is asked about every resource of the account and Region of the run."""
    monkeypatch.setattr(applied, "MOST_DECISIONS", most)
    plan = written(tmp_path / "plan.json", declared("Backup"))

    found, _, err = command("check", plan, "--against", run.run)

    assert (found, f"the 4 resources of {ACCOUNT} {HOME} are more than a check decides on" in err) == (
        code,
        code == 1,
    )
