"""The shipped policies, and what is said of wrong ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.model.errors import UsageError
from auditor.model.policy import TierAssignment
from auditor.model.verdicts import Severity

GAP = "controls/frequency/rpo_attained/rpo_attained.rego"

Spoil = Callable[[str, str, str], Path]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped policies."""
    return shutil.copytree(policies_folder(), tmp_path / "policies")


@pytest.fixture
def spoil(copy: Path) -> Spoil:
    """`spoil(file, old, new)` changes one file of the copy, and returns the copy."""

    def change(file: str, old: str, new: str) -> Path:
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
        return copy

    return change


def line_of(file: Path, text: str) -> int:
    """The line on which `text` stands."""
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_the_shipped_controls() -> None:
    """One a folder, sorted by id, each with a summary that a report can print."""
    catalogue = Catalogue.load()
    folders = {path.parent.name for path in (policies_folder() / "controls").glob("*/*/*_test.rego")}

    assert sorted(Path(control.path).stem for control in catalogue.controls) == sorted(folders)
    assert [control.id for control in catalogue.controls] == sorted(catalogue.control_ids)
    gap = next(control for control in catalogue.controls if control.id == "BKP-FRQ-001")
    assert (gap.severity, gap.subject, gap.moments) == (Severity.HIGH, "resource", ("audit",))
    assert (gap.package, gap.path) == ("controls.frequency.rpo_attained", GAP)
    assert gap.title == "The longest gap between usable recovery points stays within the tier's RPO"
    assert gap.reads == (
        "tier",
        "resource.age_hours",
        "backups.count",
        "backups.worst_gap_hours",
        "backups.worst_gap_at_most_hours",
        "backups.native_gap_at_most_hours",
        "backups.native_gap_at_least_hours",
    )
    assert list(gap.reasons) == ["gap_exceeds_rpo", "nothing_newer"]
    assert gap.reasons["gap_exceeds_rpo"].endswith("tier {tier} allows {rpo_hours} h")


def test_modules_and_data_are_what_rego_gets() -> None:
    """No tests among the modules; tiers and parameters whole."""
    catalogue = Catalogue.load()

    assert GAP in catalogue.modules
    assert "lib/compare/compare.rego" in catalogue.modules
    assert not [path for path in catalogue.modules if path.endswith("_test.rego")]
    assert set(catalogue.data) == {"tiers", "parameters"}
    assert catalogue.data["tiers"]["tiers"]["gold"]["rpo_hours"] == 24
    written = (policies_folder() / "parameters.yaml").read_text(encoding="utf-8")
    assert catalogue.data["parameters"] == yaml.safe_load(written)
    assert {"resource", "plan", "vault", "recovery_point"} <= set(catalogue.schemas)


def test_the_shipped_tiers() -> None:
    """Assignments in order, the default last of all."""
    tiers = Catalogue.load().tiers

    assert list(tiers.tiers) == ["gold", "silver", "bronze", "exempt"]
    assert tiers.assignment[0] == TierAssignment("exempt", {"backup-tier": "exempt"}, ())
    assert tiers.assignment[-1] == TierAssignment("silver", {}, ("Production",))
    assert tiers.default == "bronze"


def test_the_hash_is_of_every_file_read(copy: Path) -> None:
    """The same files give the same hash; a comment in any of them another one."""
    before = Catalogue.load(copy).sha256

    assert Catalogue.load(copy).sha256 == before == Catalogue.load().sha256
    hashes = {before}
    for file in (GAP, "lib/compare/compare.rego", "tiers.yaml", "parameters.yaml"):
        with (copy / file).open("a", encoding="utf-8") as text:
            text.write("# a comment\n")
        hashes.add(Catalogue.load(copy).sha256)
    assert len(hashes) == 5


def test_a_tiers_file_of_its_own(copy: Path, tmp_path: Path) -> None:
    """It stands in for the folder's, for Rego too."""
    own = tmp_path / "own.yaml"
    own.write_text("tiers:\n  all: {required: false}\nassignment: []\ndefault: all\n")
    catalogue = Catalogue.load(copy, own)

    assert (list(catalogue.tiers.tiers), catalogue.data["tiers"]["default"]) == (["all"], "all")
    assert catalogue.sha256 != Catalogue.load(copy).sha256


@pytest.mark.parametrize("key", ["organizational_units", "accounts", "resource_types"])
def test_an_entry_that_names_none_of_a_kind_is_refused(copy: Path, tmp_path: Path, key: str) -> None:
    """Nothing is in none of the units; without the key the entry takes every resource."""
    own = tmp_path / "own.yaml"
    text = "tiers:\n  all: {required: false}\nassignment: [{tier: all%s}]\ndefault: all\n"
    own.write_text(text % f", {key}: []", encoding="utf-8")
    with pytest.raises(UsageError, match=f"'{key}' is wrong: .. should be non-empty"):
        Catalogue.load(copy, own)

    own.write_text(text % "", encoding="utf-8")
    assert Catalogue.load(copy, own).tiers.assignment == (TierAssignment("all", {}),)


@pytest.mark.parametrize(
    ("old", "new", "marker", "said"),
    [
        ("severity: high", "severity: dire", "severity:", "'severity' must be one of critical, high, medium"),
        (
            "severity: high",
            "severety: high",
            "severety:",
            "unknown key 'severety'; the keys are attestable, causes, cites, deleted_resources, demanded_by,",
        ),
        (
            "severity: high",
            "severity: high\n#   no_sample_fault: none",
            "no_sample_fault:",
            "'no_sample_fault' is wrong: 'none' is too short.",
        ),
        ("title: The", "title: Ensure the", "# title:", "'title' is wrong: \"Ensure the longest gap"),
        ("BKP-FRQ-001", "BKP-RET-009", "id:", "BKP-RET-009 is not an id of this family; write BKP-FRQ-nnn."),
        ("- tier\n", "- tear\n", "- tear", "tear is not a fact of a resource: near "),
        (
            "- slots",
            "- tier.rpo_hours",
            "- tier.rpo",
            "tier.rpo_hours is read already; cite only what is not.",
        ),
        ("gap_exceeds_rpo:", "gap:", "#     gap:", "no rule gives the code gap; remove it."),
        (
            "{tier} allows",
            "{0} allows",
            "{0}",
            "write a field of the evidence as {name}, and no other brace.",
        ),
        (
            "{tier} allows",
            "{nope} allows",
            "{nope}",
            'no rule gives the evidence "nope"; correct {nope}.',
        ),
        (
            '"code": "gap_exceeds_rpo"',
            '"code": code',
            '"code": code',
            'write the code of a reason as a text, "code": "…".',
        ),
        ("subject: resource", "subject: account", "# schemas:", "the input's schema must be schema.account"),
        ("package controls.f", "package c.f", "package c.f", "in this folder the package must be controls.f"),
        ("# METADATA", "# METADATUM", "package c", "write a '# METADATA' block right above the package."),
        (
            "backups.worst_gap_hours, input.tier",
            "slots.met, input.tier",
            "input.slots.met,",
            "input.slots.met is read but not declared; add it to `reads`.",
        ),
        (
            "backups.worst_gap_hours, input.tier",
            "backups.worst_gap_hour, input.tier",
            "input.backups.worst_gap_hour,",
            "input.backups.worst_gap_hour is not a fact of a resource: near are backups.worst_gap_hours, ",
        ),
        (
            "gap_exceeds_rpo:\n#       problem",
            "another:\n#       problem",
            "another:",
            "there is no reason another; remove its cause.",
        ),
        (
            "named_by: backups.worst_gap_cause",
            "named_by: backups.worst_cause",
            "named_by:",
            "backups.worst_cause is not a fact of a resource: near are ",
        ),
        (
            "named_by: backups.worst_gap_cause",
            "named_by: backups.newest_cause",
            "named_by:",
            "backups.newest_cause is neither read nor cited; add it to `cites`.",
        ),
        ("problem: were", "problem: being", "problem:", "'problem' is wrong: "),
        (
            "remediation: |\n#         Where",
            "remediation: Read the jobs that it names.\n#       x: |\n#         Where",
            " x:",
            "unknown key 'x'; ",
        ),
        (
            "# custom:",
            "# custom: a: b",
            "# custom:",
            "this is not YAML: mapping values are not allowed in this context.",
        ),
    ],
)
def test_a_wrong_control_is_named_with_its_line(
    spoil: Spoil, old: str, new: str, marker: str, said: str
) -> None:
    """METADATA is closed, its paths and codes are checked against schema and rules."""
    folder = spoil(GAP, old, new)

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder)

    file = folder / GAP
    assert str(refused.value).startswith(f"{file}:{line_of(file, marker)}: {said}")


def test_a_control_that_explains_one_reason_explains_all(spoil: Spoil) -> None:
    """One with a cause beside one without is refused; a control of the user may have no causes at all."""
    file = "controls/retention/plan_retention/plan_retention.rego"
    folder = spoil(
        file, "#     retention_too_long:\n#       problem", "#     never_expires:\n#       problem"
    )
    text = (folder / file).read_text(encoding="utf-8")
    last = text.rindex("#     never_expires:")
    (folder / file).write_text(text[:last] + text[text.index("package ") :], encoding="utf-8")

    with pytest.raises(UsageError, match="the reason retention_too_long has no cause; write its problem"):
        Catalogue.load(folder)

    (folder / file).write_text(text[: text.index("#   causes:")] + text[text.index("package ") :], "utf-8")
    plan = next(one for one in Catalogue.load(folder).controls if one.id == "BKP-RET-001")
    assert plan.causes == {}


def test_every_shipped_reason_says_how_it_is_mended() -> None:
    """Each has a problem, and a call or a line of Terraform or CloudFormation."""
    for control in Catalogue.load().controls:
        assert set(control.causes) == set(control.reasons), control.id


def test_a_control_without_tests_is_not_loaded(copy: Path) -> None:
    """Its tests must lie beside it."""
    (copy / GAP).with_name("rpo_attained_test.rego").unlink()

    with pytest.raises(UsageError, match=r"there is no rpo_attained_test\.rego beside it"):
        Catalogue.load(copy)


@pytest.mark.parametrize("name", ["lib/large.rego", "controls/frequency/rpo_attained/more_test.rego"])
def test_a_rego_file_that_is_too_large_is_not_read(copy: Path, name: str) -> None:
    """A byte more than a MiB is refused by its size alone, whatever is in it; a MiB is read."""
    with (copy / name).open("wb") as file:
        file.truncate(1 << 20)
    Catalogue.load(copy)
    with (copy / name).open("wb") as file:
        file.truncate(100 << 20)

    with pytest.raises(UsageError) as refused:
        Catalogue.load(copy)

    assert str(refused.value) == (
        f"{copy / name}: it has more than 1048576 bytes; write several files, or remove it."
    )


def test_one_id_twice_is_refused(spoil: Spoil) -> None:
    """Ids are unique over all families."""
    folder = spoil(GAP, "BKP-FRQ-001", "BKP-FRQ-002")

    with pytest.raises(
        UsageError, match="the id BKP-FRQ-002 is taken by controls/frequency/newest_within_rpo"
    ):
        Catalogue.load(folder)


@pytest.mark.parametrize("path", ["controls/selected.rego", "controls/coverage/selected/other.rego"])
def test_a_control_in_another_place_is_refused(copy: Path, path: str) -> None:
    """The folder, the file and the package have one name."""
    shutil.copy(copy / GAP, copy / path)

    with pytest.raises(UsageError, match="a control is kept in controls/<family>/<name>/"):
        Catalogue.load(copy)


def test_an_unknown_family_is_refused(copy: Path) -> None:
    """Families are a closed list."""
    shutil.move(copy / "controls/frequency", copy / "controls/speed")

    with pytest.raises(UsageError, match="the families are coverage, frequency, retention"):
        Catalogue.load(copy)


def test_no_control_at_all_is_an_error(copy: Path) -> None:
    """An empty catalogue would make every audit pass."""
    shutil.rmtree(copy / "controls")

    with pytest.raises(UsageError, match="an audit without controls would prove nothing"):
        Catalogue.load(copy)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """One sentence names it."""
    with pytest.raises(UsageError, match="there is no such folder of policies"):
        Catalogue.load(tmp_path / "none")
    with pytest.raises(UsageError, match=r"tiers\.yaml: no such file or directory; name a file"):
        Catalogue.load(policies_folder(), tmp_path / "tiers.yaml")


@pytest.mark.parametrize(
    ("old", "new", "marker", "said"),
    [
        ("rpo_hours: 26", "rpo_hour: 26", "rpo_hour: 26", "unknown key 'rpo_hour'"),
        ("    rpo_hours: 26\n", "", "silver:", "'silver' lacks the key 'rpo_hours'."),
        (
            "lock: compliance",
            "lock: strict",
            "lock: strict",
            "'lock' must be one of none, governance, compliance",
        ),
        ("- tier: bronze", "- tier: brass", "- tier: brass", "there is no tier 'brass'; declare it."),
        ("default: bronze", "default: brass", "default: brass", "there is no tier 'brass'; declare it."),
        ("days: 90", "days: 34", "days: 34", "the ceiling is below retention_days."),
        (
            "copy:\n      ",
            "copy:\n      retention_max_days: 34\n      ",
            "days: 34",
            "the ceiling is below retention_days.",
        ),
        (
            "copy:\n      retention_days: 35",
            "account_copy:\n      retention_days: 35\n      retention_max_days: 34",
            "max_days: 34",
            "the ceiling is below retention_days.",
        ),
        (
            "{backup-tier: gold}",
            "{backup-tier: 1}",
            "backup-tier: 1",
            "'backup-tier' must be a text, not 1;",
        ),
    ],
)
def test_wrong_tiers_are_named_with_their_line(
    spoil: Spoil, old: str, new: str, marker: str, said: str
) -> None:
    """tiers.yaml is closed too."""
    folder = spoil("tiers.yaml", old, new)

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder)

    file = folder / "tiers.yaml"
    assert str(refused.value).startswith(f"{file}:{line_of(file, marker)}: {said}")


def test_a_tier_without_a_name_is_refused(spoil: Spoil) -> None:
    """No document could hold it."""
    folder = spoil("tiers.yaml", "  silver:\n", '  "":\n')

    with pytest.raises(UsageError, match="'tiers' is wrong: ''; it should be: A name of one letter or more"):
        Catalogue.load(folder)


def test_wrong_parameters_are_named_with_their_line(spoil: Spoil) -> None:
    """A parameter that nobody declared is no parameter."""
    folder = spoil("parameters.yaml", "copy_max_age_rpos:", "copy_max_age_rpo:")

    with pytest.raises(UsageError, match=r"parameters\.yaml:6: unknown key 'copy_max_age_rpo'"):
        Catalogue.load(folder)
