"""How a whole audit stands to frameworks, and an audit for one: its controls, its limits, its evidence."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import AuditFailed, Judgement, audit, command
from tests.loopback.faults import denied
from tests.loopback.standing import VOLUME, World, nights, standing, vault_arn

pytestmark = pytest.mark.long

WAIVERS = {"BKP-GOV-007", "BKP-GOV-008", "BKP-GOV-009"}


def healthy() -> World:
    """A volume that is backed up every night."""
    return standing(14)


def gappy() -> World:
    """The same but for seven nights: eight days without a recovery point."""
    return standing(40, backups=[night for number, night in enumerate(nights()) if not 10 <= number < 17])


def requirement(found: Judgement, framework: str, wanted: str) -> dict[str, Any]:
    """What the document says of one requirement."""
    (one,) = [one for one in found.document["frameworks"] if one["id"] == framework]
    (entry,) = [entry for entry in one["requirements"] if entry["id"] == wanted]
    return dict(entry)


def test_an_audit_says_how_it_stands_to_every_framework(tmp_path: Path) -> None:
    """What no control judges is not evidenced, and neither is what its controls say nothing of."""
    found = audit(healthy(), tmp_path, formats=["csv", "html", "json"])

    states = {
        (one["id"], entry["id"]): entry["status"]
        for one in found.document["frameworks"] for entry in one["requirements"]
    }  # fmt: skip
    assert {one["audited_for"] for one in found.document["frameworks"]} == {False}
    assert states["cis-v8", "11.2"] == "evidenced"
    assert states["cis-v8", "11.4"] == "not_evidenced"  # no tier demands copies
    assert states["cis-v8", "11.5"] == "not_evidenced"  # no tier demands restores
    assert states["3-2-1-1-0", "3 (a backup)"] == "evidenced"
    assert states["3-2-1-1-0", "3 (a second copy)"] == "not_evidenced"  # a backup is no copy of a backup
    assert states["dora", "12(6)"] == "evidenced"
    assert states["nis2", "4.2.2(a)"] == states["dora", "12(6) (recovery time)"] == "not_evidenced"
    assert "findings" not in states.values()
    copies = requirement(found, "cis-v8", "11.4")
    assert (copies["silent"], copies["not_asked"]) == (
        ["BKP-ENC-004", "BKP-ISO-001", "BKP-ISO-002", "BKP-ISO-007"], ["BKP-ISO-003", "BKP-ISO-004"],
    )  # fmt: skip
    with (found.run / "frameworks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["framework"], row["requirement"]): row["status"] for row in rows} == states
    assert "not evidenced" in (found.run / "report.html").read_text(encoding="utf-8")


def test_a_finding_and_what_is_unknown_are_told_apart_from_evidence(tmp_path: Path) -> None:
    """The worst of a requirement's controls counts, whatever the others say."""
    world = healthy()
    world.volume("bare")
    bad = audit(world, tmp_path)
    open_ = audit(healthy(), tmp_path, faults=[denied("ListBackupSelections")])
    waived = audit(
        world, tmp_path,
        waivers=[{"control_id": one, "subject": VOLUME.replace("vol-1", "bare"), "reason": "built anew",
                  "approved_by": "ciso", "expires": "2026-03-31"} for one in ("BKP-COV-001", "BKP-FRQ-001",
                                                                              "BKP-FRQ-002")],
    )  # fmt: skip

    said = [requirement(one, "cis-v8", "11.2") for one in (bad, open_, waived)]
    assert [one["status"] for one in said] == ["findings", "unknown", "waived"]
    assert said[0]["verdicts"]["COMPLIANT"] > 0
    assert said[2]["verdicts"]["WAIVED"] == 3


def test_an_audit_for_one_framework_asks_its_controls_only(tmp_path: Path) -> None:
    """And reads what these need; the PDF, the page and the command say which it is."""
    found = audit(healthy(), tmp_path, framework="3-2-1-1-0", formats=["html", "json", "csv", "markdown"])

    (one,) = found.document["frameworks"]
    asked = {entry["id"] for entry in found.document["controls"]}
    named = {id_ for entry in one["requirements"] for id_ in entry["controls"]}
    assert (one["id"], one["audited_for"]) == ("3-2-1-1-0", True)
    assert asked == named - {"BKP-ISO-003", "BKP-ISO-004", "BKP-IMM-003", "BKP-ENC-005", "BKP-ENC-006"}
    assert {control for control, _ in found.verdicts} <= asked
    assert "BKP-FRQ-001" not in asked
    assert found.codes("BKP-IMM-001", vault_arn("main")) == ["not_locked"]  # its tier demands no lock
    page, short = ((found.run / name).read_text(encoding="utf-8") for name in ("report.html", "report.md"))
    said = "of its requirements are 1 with findings, 1 evidenced, 4 not evidenced."
    assert all(said in " ".join(one.split()) for one in (page, short, found.output))
    assert all(entry["asks"].replace("'", "&#39;") in page for entry in one["requirements"])


def test_a_framework_tightens_what_the_tiers_allow(tmp_path: Path) -> None:
    """A tier allows ten days, CIS a week: a gap of eight days is a finding for it, and none without."""
    world = gappy()
    tier = {"rpo_hours": 240}

    plain, tight = audit(world, tmp_path, tier=tier), audit(world, tmp_path, tier=tier, framework="cis-v8")

    assert plain.verdict("BKP-FRQ-001", VOLUME) == "COMPLIANT"
    assert tight.verdict("BKP-FRQ-001", VOLUME) == "NON_COMPLIANT"
    assert tight.reasons("BKP-FRQ-001", VOLUME)[0].evidence["rpo_hours"] == 168
    said = [requirement(one, "cis-v8", "11.2") for one in (plain, tight)]
    assert [(one["status"], one["allows_more"]) for one in said] == [
        ("not_evidenced", ["longest_rpo_hours"]), ("findings", []),
    ]  # fmt: skip


def test_explain_and_evaluate_take_the_framework_of_the_run(tmp_path: Path) -> None:
    """Explained is by what judged it; judged again by all, the command says what is another."""
    world = gappy()
    found = audit(world, tmp_path, tier={"rpo_hours": 240}, framework="cis-v8")

    code, told, _ = command(world, "explain", "--run", str(found.run), VOLUME)
    assert (code, "NON_COMPLIANT" in told) == (0, True)
    assert "168" in told
    _, again, _ = command(world, "evaluate", str(found.run), "--untested", "--tiers",
                          str(found.run / "judged_by" / "policies" / "tiers.yaml"))  # fmt: skip
    assert "is judged by framework none (cis-v8 before)" in " ".join(again.split())


@pytest.mark.parametrize(
    ("framework", "said"),
    [("soc2", "there is no framework 'soc2'; the policies have 3-2-1-1-0, aws-backup-audit-manager, "),
     ("No One", "'framework' must be the id of a framework, not 'No One'")],
)  # fmt: skip
def test_a_framework_that_is_none_is_refused_before_anything_is_read(
    tmp_path: Path, framework: str, said: str
) -> None:
    """Exit 2, and nothing was asked of AWS."""
    with pytest.raises(AuditFailed, match="exit code 2") as refused:
        audit(healthy(), tmp_path, framework=framework)

    assert said in " ".join(str(refused.value).split())


def test_waivers_of_other_controls_are_no_contradiction(tmp_path: Path) -> None:
    """One file serves every audit: what is not asked is not called unused."""
    other = {"control_id": "BKP-FRQ-001", "subject": VOLUME, "reason": "late", "approved_by": "ciso",
             "expires": "2026-03-31"}  # fmt: skip

    found = audit(healthy(), tmp_path, framework="3-2-1-1-0", waivers=[other])

    assert {control: verdict for (control, _), verdict in found.verdicts.items() if control in WAIVERS} == {
        "BKP-GOV-007": "COMPLIANT", "BKP-GOV-008": "NOT_APPLICABLE", "BKP-GOV-009": "NOT_APPLICABLE",
    }  # fmt: skip
