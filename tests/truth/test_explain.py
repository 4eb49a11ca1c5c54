"""`auditor explain`: which subject is meant, and that the run is explained by what it was judged by."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from auditor.catalogue.load import policies_folder
from reports.ids import finding_id
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import (
    ACCOUNT,
    AWAY,
    HOME,
    PLAN,
    START,
    VOLUME,
    copy_action,
    nights,
    plan_arn,
    rule,
    standing,
    vault_arn,
)  # fmt: skip
from tests.truth.explaining import OTHER, command, refused, told, verdicts

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """Three volumes, of which one is protected and two have one name."""
    world = standing(35, tags={"Name": "disk"})
    world.volume("vol-2", Tags=[{"Key": "Name", "Value": "twin"}])
    world.volume("vol-3", Tags=[{"Key": "Name", "Value": "twin"}])
    return audit(world, tmp_path_factory.mktemp("explained"))


@pytest.mark.parametrize(
    ("wanted", "kind", "arn"),
    [
        (VOLUME, "resource", VOLUME),
        ("vol-1", "resource", VOLUME),
        ("volume/vol-1", "resource", VOLUME),
        ("disk", "resource", VOLUME),
        ("main", "vault", vault_arn("main")),
        (vault_arn("main"), "vault", vault_arn("main")),
        (PLAN, "plan", plan_arn(PLAN)),
        (plan_arn(PLAN), "plan", plan_arn(PLAN)),
    ],
)
def test_a_subject_is_meant_by_arn_id_or_name(judged: Judgement, wanted: str, kind: str, arn: str) -> None:
    """And it is explained by the run's own verdicts, all of them."""
    found = told(judged.run, wanted)

    assert (found.subject.type, found.subject.arn) == (kind, arn)
    assert verdicts(found) == {
        control: verdict for (control, subject), verdict in judged.verdicts.items() if subject == arn
    }


def test_a_recovery_point_is_meant_by_its_arn_or_the_end_of_it(judged: Judgement) -> None:
    """Its facts are told, and the verdicts of the controls that judge it."""
    arn = next(arn for _, arn in judged.verdicts if ":snapshot/" in arn)

    found = told(judged.run, arn)

    assert found == told(judged.run, arn.rpartition("/")[2])
    assert (found.subject.type, found.resource) == ("recovery_point", None)
    assert found.facts["recovery_point"]["vault_arn"] == vault_arn("main")
    assert verdicts(found)["BKP-RET-002"] == "COMPLIANT"


def test_a_finding_is_meant_by_its_id(judged: Judgement) -> None:
    """The control whose finding it is is told from the others."""
    arn = VOLUME.replace("vol-1", "vol-2")
    wanted = finding_id("BKP-FRQ-001", arn, ACCOUNT, HOME)

    found = told(judged.run, wanted)

    assert wanted in [finding["id"] for finding in judged.document["findings"]]
    assert (found.subject.arn, found.asked) == (arn, "BKP-FRQ-001")


def test_what_was_no_finding_has_no_id(judged: Judgement) -> None:
    """A pass is none: it is found by what it is about."""
    wanted = finding_id("BKP-FRQ-001", VOLUME, ACCOUNT, HOME)

    assert refused(judged.run, wanted).startswith(f"The run has no finding {wanted};")


def test_an_ambiguous_name_lists_the_candidates(judged: Judgement) -> None:
    """Each with its ARN, which is not ambiguous."""
    assert refused(judged.run, "twin") == (
        f"'twin' names 2 subjects; give the ARN of one: "
        f"EBS twin {VOLUME[:-1]}2 in {ACCOUNT} {HOME}; EBS twin {VOLUME[:-1]}3 in {ACCOUNT} {HOME}."
    )


@pytest.mark.parametrize("wanted", ["", " "])
def test_nothing_names_nothing(judged: Judgement, wanted: str) -> None:
    """An empty variable of a script is no subject."""
    assert refused(judged.run, wanted).startswith("Name a subject")


def test_what_is_not_found_says_what_is_near(judged: Judgement) -> None:
    """A slip of the pen, in the letters or in their case."""
    assert refused(judged.run, "DISC") == f"The run has no subject 'DISC'; the nearest are disk ({VOLUME})."


def test_an_account_or_region_that_was_not_read_is_said(judged: Judgement) -> None:
    """That is why the ARN is not there."""
    elsewhere = VOLUME.replace(HOME, "us-east-1")

    assert f"as it did not read the account {OTHER}" in refused(judged.run, VOLUME.replace(ACCOUNT, OTHER))
    assert f"as it did not read the Region us-east-1 of {ACCOUNT}" in refused(judged.run, elsewhere)


def test_the_verdict_that_is_explained_is_the_runs_own(tmp_path: Path) -> None:
    """By its tiers, readings and waivers, whatever the settings say now."""
    held = [night for night in nights(START) if night.day != 10]
    world = standing(35, backups=held)
    world.selection(Resources=["*"], Conditions={
        "StringNotEquals": [{"ConditionKey": "aws:ResourceTag/no", "ConditionValue": "1"}]})  # fmt: skip
    waiver = {"control_id": "BKP-FRQ-001", "subject": VOLUME, "reason": "outage of the tenth",
              "approved_by": "security", "expires": "2026-03-31"}  # fmt: skip

    judged = audit(world, tmp_path, tier={"rpo_hours": 25}, waivers=[waiver], absent_tag="fails")
    found = told(judged.run, VOLUME)

    assert judged.verdict("BKP-FRQ-001", VOLUME) == "WAIVED"
    assert verdicts(found)["BKP-FRQ-001"] == "WAIVED"
    assert found.resource is not None
    assert found.resource.selections is not None
    assert [one.outcome for one in found.resource.selections] == ["selected", "not_selected"]


@pytest.fixture
def run(judged: Judgement, tmp_path: Path) -> Path:
    """A copy of the judged run."""
    return Path(shutil.copytree(judged.run, tmp_path / "run"))


def test_policies_that_were_changed_in_the_run_are_not_used(judged: Judgement, run: Path) -> None:
    """The digest of the document is not theirs: both are said, and what to do."""
    tiers = run / "judged_by/policies/tiers.yaml"
    tiers.write_text(tiers.read_text().replace("rpo_hours: 26", "rpo_hours: 999"))

    said = refused(run, VOLUME)

    assert f"was judged by policies with the digest {judged.document['run']['policies_sha256']}" in said
    assert f"or judge the run again with `auditor evaluate {run}`." in said


def test_policies_that_are_gone_may_be_named_if_they_are_the_same(judged: Judgement, run: Path) -> None:
    """Without them the digest of the ones that are wanted is said."""
    shutil.move(run / "judged_by/policies", run / "mine")
    mine = run / "mine"

    assert f"the digest {judged.document['run']['policies_sha256']}, and {run}" in refused(run, VOLUME)
    assert told(run, VOLUME, "policies", policies=mine) == told(judged.run, VOLUME)
    assert f"and {policies_folder()} with its own tiers has " in refused(
        run, VOLUME, "policies", policies=policies_folder()
    )


def test_tiers_that_are_named_must_be_those_of_the_run(judged: Judgement, run: Path) -> None:
    """An option that would be ignored is refused; a setting of a file or variable is not asked."""
    same, other = run / "same.yaml", run / "other.yaml"
    document = yaml.safe_load((run / "judged_by/policies/tiers.yaml").read_text())
    shutil.copy(run / "judged_by/policies/tiers.yaml", same)
    document["tiers"]["daily"]["rpo_hours"] = 999
    other.write_text(yaml.safe_dump(document))

    assert told(run, VOLUME, "tiers", tiers=same) == told(judged.run, VOLUME)
    assert f"with {other} has " in refused(run, VOLUME, "tiers", tiers=other)
    assert told(run, VOLUME, tiers=other) == told(judged.run, VOLUME)


def test_a_reading_that_is_named_must_be_that_of_the_run(judged: Judgement) -> None:
    """The same may be said again."""
    assert "was judged with absent_tag 'indeterminate', not 'holds'" in refused(
        judged.run, VOLUME, "absent_tag", absent_tag="holds"
    )
    told(judged.run, VOLUME, "absent_tag", absent_tag="indeterminate")
    told(judged.run, VOLUME, absent_tag="holds")


@pytest.mark.parametrize("name", ["document.json", "verdicts.parquet"])
def test_a_run_that_was_not_judged_is_not_explained(run: Path, name: str) -> None:
    """It says which command judges it."""
    (run / name).unlink()

    assert refused(run, VOLUME) == f"{run} has no {name}: judge the run with `auditor evaluate {run}`."


@pytest.mark.parametrize("asked", [("explain", "vol-1", "--run"), ("report",)])
def test_verdicts_that_are_broken_are_named(
    run: Path, asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no unexpected error: the file is named, and what writes it again."""
    (run / "verdicts.parquet").write_bytes(b"x")

    assert command(*asked, str(run)) == 2
    assert capsys.readouterr().err == (
        f"auditor: {run}/verdicts.parquet is not as it was written; "
        f"write it again with `auditor evaluate {run}`.\n"
    )


def test_verdicts_of_another_release_are_not_explained(run: Path) -> None:
    """What is explained is what the reports say, or nothing is."""
    table = pq.read_table(run / "verdicts.parquet")
    other = pa.array(["ERROR"] * table.num_rows).dictionary_encode()
    table = table.set_column(table.column_names.index("verdict"), "verdict", other)
    pq.write_table(table, run / "verdicts.parquet")

    said = refused(run, VOLUME)

    assert "which gave ERROR for BKP-COV-001; this release, " in said
    assert said.endswith(f"gives COMPLIANT: judge the run again with `auditor evaluate {run}`.")


def test_the_command_minds_options_and_not_variables(
    judged: Judgement, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is named beside the subject must be as it was when the run was judged."""
    asked = ("explain", "vol-1", "--run", str(judged.run))

    assert command(*asked, "--absent-tag", "fails") == 2
    assert "not 'fails': leave the option out" in capsys.readouterr().err
    monkeypatch.setenv("AUDITOR_ABSENT_TAG", "fails")
    assert command(*asked) == 0
    assert capsys.readouterr().out.startswith("EBS disk\n")


def test_the_command_marks_the_finding_that_was_asked_for(
    judged: Judgement, capsys: pytest.CaptureFixture[str]
) -> None:
    """Among the other verdicts of its subject."""
    wanted = finding_id("BKP-COV-001", VOLUME.replace("vol-1", "vol-2"), ACCOUNT, HOME)

    assert command("explain", wanted, "--run", str(judged.run)) == 0

    marked = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if "<- this finding" in line]
    assert marked == [["BKP-COV-001", "NON_COMPLIANT"]]


def test_evaluate_says_by_what_else_it_judges(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other tiers and another reading than before; by the same it says nothing, and gives the same bytes.

    A report that is there already is older, of whatever format.
    """
    kept = tmp_path / "kept"
    shutil.copytree(run / "judged_by/policies", kept)
    before = (run / "document.json").read_bytes()

    command("evaluate", str(run), "--policies", str(kept))
    told_first = capsys.readouterr().err
    assert ("is judged by" in told_first, "still show" in told_first) == (False, False)
    assert (run / "document.json").read_bytes() == before
    (kept / "tiers.yaml").write_text(
        (kept / "tiers.yaml").read_text().replace("rpo_hours: 26", "rpo_hours: 999")
    )
    (run / "gaps.csv").touch()
    command("evaluate", str(run), "--policies", str(kept), "--absent-tag", "holds")

    *lines, last = capsys.readouterr().err.splitlines()
    assert f"still show the earlier verdicts; run `auditor report {run}`" in last
    said = [line.partition(" is judged by ")[2] for line in lines]
    assert [line.partition(" (")[0] for line in said if line] == [
        "other policies or tiers",
        "absent_tag holds",
    ]
    assert told(run, VOLUME).verdicts != ()


def test_a_plan_is_explained_with_what_it_selects(judged: Judgement) -> None:
    """By selection, and what is undecided apart."""
    assert told(judged.run, PLAN).related == [f"selection-1  selects 1: {VOLUME}"]


def test_a_vault_is_explained_with_the_rules_that_lead_into_it(tmp_path: Path) -> None:
    """Backups and copies, of plans in any Region and account that was read."""
    world = standing(35)
    world.vault("far", AWAY)
    world.plan([rule(9, CopyActions=[copy_action(vault_arn("far", AWAY), None)])], "plan-2")

    run = audit(world, tmp_path).run

    assert told(run, "main").related == [
        f"plan-1 / nightly of {ACCOUNT} {HOME}  backs up into it, kept 35 days",
        f"plan-2 / nightly of {ACCOUNT} {HOME}  backs up into it, kept 9 days",
    ]
    assert told(run, "far").related == [f"plan-2 / nightly of {ACCOUNT} {HOME}  copies into it, kept 9 days"]
    assert told(run, "plan-2").related == ["no selection, so no resource"]
