"""Frameworks: what the shipped ones name, what is refused, and what an audit for one asks."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.catalogue.annotations import annotated
from auditor.catalogue.frameworks import (
    Framework,
    Requirement,
    allowed,
    for_framework,
    load_frameworks,
)
from auditor.catalogue.load import Catalogue, policies_folder
from auditor.judge.frameworks import frameworks_part
from auditor.model.audit_controls import CONTROLS
from auditor.model.errors import UsageError

SHIPPED = {
    "3-2-1-1-0", "aws-backup-audit-manager", "cis-v8", "dora", "ffiec", "gbt-22239", "hipaa", "iso-27001",
    "nis2", "nist-800-53", "pci-dss", "soc-2",
}  # fmt: skip
#: The control of Audit Manager that has no default, so that it is asked where a framework has it.
NO_DEFAULT = "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"
OWN = """title: Our rules
source: https://example.com/rules
requirements:
  - id: R1
    asks: Everything important is backed up each night.
    controls: [BKP-COV-001, BKP-ISO-001]
    tighten: {longest_rpo_hours: 30, copy_max_age_rpos: 1}
  - id: R2
    asks: Somebody tests the restore from time to time.
    controls: []
    why: No control judges restore tests yet.
  - id: R3
    asks: Critical data is backed up more often than that.
    source: https://example.com/more
    controls: [BKP-COV-001]
    tighten: {longest_rpo_hours: 25}
"""
#: What policies allow at most that allow no more than `OWN`.
STRICT = {"longest_rpo_hours": 25, "copy_max_age_rpos": 1}

Write = Callable[[str], Path]


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    """The shipped policies."""
    return Catalogue.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(policies_folder(), tmp_path_factory.mktemp("policies") / "policies"))


@pytest.fixture
def own(folder: Path) -> Write:
    """Write the framework `own` into the copy, which has no other."""

    def write(text: str) -> Path:
        shutil.rmtree(folder / "frameworks")
        (folder / "frameworks").mkdir()
        (folder / "frameworks" / "own.yaml").write_text(text, encoding="utf-8")
        return folder

    return write


def test_every_control_is_in_a_framework_or_says_why_not(shipped: Catalogue) -> None:
    """And never both; that each id exists is seen when they are read."""
    found = load_frameworks(shipped)
    named = frozenset[str]().union(*(one.controls for one in found))
    why = {
        control.id
        for control in shipped.controls
        if "no_framework" in annotated(shipped.modules[control.path], control.path).metadata.value["custom"]
    }

    assert {one.id for one in found} == SHIPPED
    assert (shipped.control_ids - named - why, named & why) == (frozenset(), frozenset()), (
        "name it in policies/frameworks, or say `no_framework` in its METADATA"
    )


def test_each_shipped_framework_can_be_audited_for(shipped: Catalogue) -> None:
    """With the controls that it names and those over exceptions; no tier or parameter is looser."""
    given = {f"BKP-GOV-{number:03}" for number in (7, 8, 9, 15, 16, 17)}
    for one in load_frameworks(shipped):
        framed = for_framework(shipped, one.id)
        assert framed.control_ids == (one.controls - {NO_DEFAULT}) | given, one.id
        assert any(c.subject == "resource" and "audit" in c.moments for c in framed.controls), one.id
        for name, tier in framed.tiers.tiers.items():
            before = shipped.tiers.tiers[name].get("rpo_hours")
            assert before is None or tier["rpo_hours"] <= before, one.id
        assert framed.data["tiers"]["tiers"] == framed.tiers.tiers, one.id
    alone = {one.id for one in shipped.controls if one.only_for}
    assert alone == set(CONTROLS) & shipped.control_ids
    assert for_framework(shipped, None).control_ids == shipped.control_ids - alone


def test_a_framework_is_read_as_it_is_written(own: Write) -> None:
    """Its id is the name of the file; the source of the whole stands where a requirement has none."""
    (found,) = load_frameworks(Catalogue.load(own(OWN)))

    source, both = "https://example.com/rules", ("BKP-COV-001", "BKP-ISO-001")
    night, tests = (
        "Everything important is backed up each night.",
        "Somebody tests the restore from time to time.",
    )
    assert found == Framework("own", "Our rules", source, (
        Requirement("R1", night, source, both, "", {"longest_rpo_hours": 30, "copy_max_age_rpos": 1}),
        Requirement("R2", tests, source, (), "No control judges restore tests yet.", {}),
        Requirement("R3", "Critical data is backed up more often than that.", "https://example.com/more",
                    ("BKP-COV-001",), "", {"longest_rpo_hours": 25}),
    ))  # fmt: skip
    assert found.limits == {"longest_rpo_hours": 25, "copy_max_age_rpos": 1}


def test_an_audit_for_one_takes_the_stricter_of_both(own: Write) -> None:
    """A tier that demands no backup stays as it is, and so does what is stricter already."""
    catalogue = Catalogue.load(own(OWN))

    framed = for_framework(catalogue, "own")

    before = catalogue.tiers.tiers
    assert {name: tier.get("rpo_hours") for name, tier in framed.tiers.tiers.items()} == {
        name: min(tier["rpo_hours"], 25) if tier["required"] else tier.get("rpo_hours")
        for name, tier in before.items()
    }
    assert any(tier["rpo_hours"] > 25 for tier in before.values() if tier["required"])
    assert any(tier["rpo_hours"] < 25 for tier in before.values() if tier["required"])
    assert framed.data["parameters"]["controls"]["copy_max_age_rpos"] == 1
    assert (framed.sha256, framed.files) == (catalogue.sha256, catalogue.files)


def test_a_framework_is_part_of_the_policies_digest(own: Write) -> None:
    """Another mapping is another statement."""
    digests = {Catalogue.load(own(text)).sha256 for text in (OWN, OWN.replace("R2", "R4"))}

    assert len(digests) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("BKP-ISO-001]", "BKP-ISO-999]",
         ":6: there is no control BKP-ISO-999; `auditor policy list` shows them."),
        ("id: R2", "id: R1", ":8: R1 is a requirement already; name it once."),
        ("    why: No control judges restore tests yet.\n", "",
         ":8: name the controls that give evidence of it, or say in `why` that none does."),
        ("each night.\n", "each night.\n    why: No control gives evidence of it.\n",
         ":4: name the controls that give evidence of it, or say in `why` that none does."),
        ("    why: No control judges restore tests yet.\n",
         "    why: No control judges restore tests yet.\n    tighten: {longest_rpo_hours: 9}\n",
         ":12: no control judges it; name one, or remove 'tighten'."),
        ("longest_rpo_hours: 30", "longest_rpo: 30", ":7: unknown key 'longest_rpo'"),
        ("longest_rpo_hours: 30", "longest_rpo_hours: 0", ":7: 'longest_rpo_hours' is wrong: 0"),
        ("source: https://example.com/rules\n", "", ":1: the document lacks the key 'source'."),
        ("title: Our rules", "title: [", ":3: this is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_framework_is_refused_with_its_line(own: Write, old: str, new: str, said: str) -> None:
    """Before anything is asked of AWS."""
    assert old in OWN
    folder = own(OWN.replace(old, new, 1))

    with pytest.raises(UsageError) as refused:
        load_frameworks(Catalogue.load(folder))

    assert str(refused.value).startswith(f"{folder / 'frameworks' / 'own.yaml'}{said}")


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (OWN, "dora", "there is no framework 'dora'; the policies have own."),
        (
            OWN.replace("[BKP-COV-001, BKP-ISO-001]", "[BKP-GOV-004]").replace(
                "[BKP-COV-001]", "[BKP-GOV-001]"
            ),
            "own",
            "no control of the framework 'own' is asked by an audit; name another one.",
        ),
    ],
)
def test_what_cannot_be_audited_for_is_refused(own: Write, text: str, wanted: str, said: str) -> None:
    """A name that is none, and one of which an audit could say nothing."""
    with pytest.raises(UsageError) as refused:
        for_framework(Catalogue.load(own(text)), wanted)

    assert str(refused.value) == said


def test_policies_without_frameworks_have_none(folder: Path, own: Write) -> None:
    """Those of their own count, and the shipped ones do not."""
    own(OWN)
    (folder / "frameworks" / "own.yaml").unlink()

    assert load_frameworks(Catalogue.load(folder)) == ()


def test_a_control_that_was_taken_out_gives_no_evidence(own: Write) -> None:
    """Policies of one's own need not all controls, unless they are audited for a framework."""
    catalogue = Catalogue.load(own(OWN.replace("BKP-ISO-001]", "BKP-ISO-999]")))

    (found,) = load_frameworks(catalogue, whole=False)
    (entry, *_) = frameworks_part([found], None, STRICT, {"BKP-COV-001"}, {"BKP-COV-001": {"COMPLIANT": 2}})

    said = entry["requirements"][0]
    assert (said["status"], said["not_asked"], said["silent"]) == ("evidenced", ["BKP-ISO-999"], [])
    with pytest.raises(UsageError, match="there is no control BKP-ISO-999"):
        for_framework(catalogue, "own")


@pytest.mark.parametrize(
    ("counts", "status", "silent"),
    [
        ({}, "not_evidenced", ["BKP-COV-001", "BKP-ISO-001"]),
        ({"BKP-COV-001": {"NOT_APPLICABLE": 9}}, "not_evidenced", ["BKP-COV-001", "BKP-ISO-001"]),
        ({"BKP-COV-001": {"COMPLIANT": 1}}, "evidenced", ["BKP-ISO-001"]),
        ({"BKP-COV-001": {"COMPLIANT": 1, "WAIVED": 1}}, "waived", ["BKP-ISO-001"]),
        ({"BKP-COV-001": {"COMPLIANT": 9}, "BKP-ISO-001": {"INSUFFICIENT_DATA": 1}}, "unknown", []),
        ({"BKP-COV-001": {"COMPLIANT": 9}, "BKP-ISO-001": {"ERROR": 1, "WAIVED": 3}}, "unknown", []),
        ({"BKP-COV-001": {"ERROR": 9}, "BKP-ISO-001": {"NON_COMPLIANT": 1}}, "findings", []),
        ({"BKP-FRQ-001": {"COMPLIANT": 9}}, "not_evidenced", ["BKP-COV-001", "BKP-ISO-001"]),
    ],
)
def test_the_worst_of_its_controls_is_what_a_requirement_comes_to(
    own: Write, counts: dict[str, dict[str, int]], status: str, silent: list[str]
) -> None:
    """Silence is no evidence, and neither is that a control does not apply."""
    frameworks = load_frameworks(Catalogue.load(own(OWN)))

    (part,) = frameworks_part(frameworks, "own", STRICT, {"BKP-COV-001", "BKP-ISO-001"}, counts)

    first, second, _ = part["requirements"]
    assert (first["status"], first["silent"], first["not_asked"]) == (status, silent, [])
    assert (second["status"], second["verdicts"]) == ("not_evidenced", {})


@pytest.mark.parametrize(
    ("hours", "counts", "status", "more"),
    [
        (30, {"COMPLIANT": 9}, "evidenced", []),
        (31, {"COMPLIANT": 9}, "not_evidenced", ["longest_rpo_hours"]),
        (31, {"COMPLIANT": 9, "WAIVED": 1}, "not_evidenced", ["longest_rpo_hours"]),
        (31, {"COMPLIANT": 9, "NON_COMPLIANT": 1}, "findings", ["longest_rpo_hours"]),
        (31, {"COMPLIANT": 9, "INSUFFICIENT_DATA": 1}, "unknown", ["longest_rpo_hours"]),
    ],
)
def test_a_pass_by_a_looser_limit_is_no_evidence(
    own: Write, hours: float, counts: dict[str, int], status: str, more: list[str]
) -> None:
    """A finding by it is a finding all the same."""
    frameworks = load_frameworks(Catalogue.load(own(OWN)))
    limits = {**STRICT, "longest_rpo_hours": hours}

    (part,) = frameworks_part(frameworks, None, limits, {"BKP-COV-001"}, {"BKP-COV-001": counts})

    said = part["requirements"][0]
    assert (said["status"], said["allows_more"], said["verdicts"]) == (status, more, counts)


def test_what_the_policies_allow_at_most_is_that_of_the_loosest_tier(own: Write) -> None:
    """One that demands no backup allows nothing; a framework's limit is kept by what an audit for it asks."""
    catalogue = Catalogue.load(own(OWN))

    plain, framed = allowed(catalogue), allowed(for_framework(catalogue, "own"))

    loosest = max(one["rpo_hours"] for one in catalogue.tiers.tiers.values() if one["required"])
    assert (plain["longest_rpo_hours"], plain["copy_max_age_rpos"]) == (loosest, 2)
    assert (framed["longest_rpo_hours"], framed["copy_max_age_rpos"]) == (25, 1)


@pytest.mark.parametrize("name", ["My Rules", "OWN", "-own"])
def test_a_file_whose_name_is_no_id_is_refused(own: Write, name: str) -> None:
    """Nobody could audit for it; a name such as iso-27001 is one."""
    folder = own(OWN)
    file = (folder / "frameworks" / "own.yaml").rename(folder / "frameworks" / f"{name}.yaml")

    with pytest.raises(UsageError) as refused:
        load_frameworks(Catalogue.load(folder))

    said = "the file's name is the framework's id; write it in small letters, digits, dots and hyphens."
    assert str(refused.value) == f"{file}:1: {said}"


@pytest.mark.parametrize("name", ["mine.yml", "mine.YAML", "more/mine.yaml"])
def test_a_framework_that_would_not_be_read_is_refused(own: Write, name: str) -> None:
    """Its file ends otherwise, or lies in a folder; what is no YAML may lie beside it."""
    folder = own(OWN) / "frameworks"
    (folder / "README.md").write_text("ours", encoding="utf-8")
    assert "own" in {one.id for one in load_frameworks(Catalogue.load(folder.parent))}
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(OWN, encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder.parent)

    assert str(refused.value) == (
        f"{file}: a framework is kept in frameworks/<id>.yaml; rename it, or move it there."
    )


def test_an_immutable_copy_takes_a_compliance_lock(shipped: Catalogue) -> None:
    """What governance mode keeps can be taken away: it is no evidence, and an audit for it demands more."""
    framed = for_framework(shipped, "3-2-1-1-0")

    weak = sum(one["required"] and one["lock"] != "compliance" for one in shipped.tiers.tiers.values())
    assert allowed(shipped)["tiers_without_compliance_lock"] == weak > 0
    assert allowed(framed)["tiers_without_compliance_lock"] == 0
    assert {one["lock"] for one in framed.tiers.tiers.values() if one["required"]} == {"compliance"}
    assert framed.data["tiers"]["tiers"] == framed.tiers.tiers


def test_restores_apart_from_the_source_run_in_another_account(shipped: Catalogue) -> None:
    """Where a tier asks for restores; what it asks of them otherwise is kept."""
    tests = {"max_age_days": 30, "sample": True}
    silver = {**shipped.tiers.tiers["silver"], "restore_test": tests}
    apart = {**silver, "restore_test": {**tests, "other_account": True}}
    tiers = replace(shipped.tiers, tiers={**shipped.tiers.tiers, "silver": silver, "apart": apart})
    asked = replace(shipped, tiers=tiers)
    framed = for_framework(asked, "dora")

    assert allowed(asked)["tiers_restored_in_own_account"] == 1
    assert allowed(framed)["tiers_restored_in_own_account"] == 0
    assert framed.tiers.tiers == {**tiers.tiers, "silver": apart}
