"""`auditor.yaml` as an input: known by its content, refused where it is wrong, a finding where it lowers."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import InputsThen, read_inputs
from auditor.check.own_kinds import kind_of_own
from auditor.check.own_policies import demanded, policy_readings
from auditor.check.own_settings import defaults, weaker_settings
from auditor.config.load import read_file
from auditor.model.audit_manager import FRAMEWORK
from auditor.model.errors import AuditorError, UsageError
from auditor.model.holds import Matter
from auditor.model.settings import Origins, Settings
from tests.check.conftest import AS_OF, Said
from tests.check.test_diff_base import Git, commit, git

__all__ = ["git"]

SETTINGS = "settings"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"fail_on": "high"}, SETTINGS),
        ({"policies": "policies", "accounts": ["111122223333"]}, SETTINGS),
        ({"fail_on": "high", "framwork": "dora"}, SETTINGS),
        ({"tiers": "tiers.yaml"}, SETTINGS),
        ({"max_waiver_days": None}, SETTINGS),
        ({"accounts": ["111122223333"], "regions": ["eu-west-1"]}, ""),
        ({"framework": "nextjs"}, ""),
        ({"out": "dist", "workers": 2}, ""),
        ({"fail_on": "high", "name": "x", "version": 1}, ""),
        ({"fail_on": {"severity": "high"}}, ""),
        ({"policies": [{"name": "x"}]}, ""),
        ({"waivers": []}, "waivers"),
        ({}, ""),
        (["fail_on"], ""),
    ],
)
def test_what_a_file_of_settings_is_known_by(document: Any, kind: str) -> None:
    """By names that only settings have, at least half of all, and plain values."""
    assert kind_of_own(document) == kind


@pytest.mark.parametrize(
    ("before", "after", "said", "fault"),
    [
        ({}, {"fail_on": "high"}, "fail_on: low becomes high", False),
        ({"fail_on": "high"}, {}, "", False),
        ({}, {"deleted_resources": "list"}, "deleted_resources: judge becomes list", False),
        ({"deleted_resources": "list"}, {"deleted_resources": "ignore"},
         "deleted_resources: list becomes ignore", False),
        ({"deleted_resources": "ignore"}, {"deleted_resources": "list"}, "", False),
        ({}, {"period_days": 29}, "period_days: 30 becomes 29", False),
        ({}, {"period_days": 31}, "", False),
        ({"max_waiver_days": 30}, {}, "max_waiver_days: 30 becomes 365", False),
        ({}, {"max_waiver_days": 30}, "", False),
        ({"max_attestation_days": 30}, {}, "max_attestation_days: 30 becomes 365", False),
        ({}, {"max_attestation_days": 30}, "", False),
        ({}, {"regions": ("eu-west-1",)}, "regions: only eu-west-1", False),
        ({}, {"accounts": "caller"}, "accounts: only the caller's account", False),
        ({}, {"framework": "dora"}, "framework: only the controls of dora are asked", False),
        ({}, {"arn_wildcards": "end"}, "arn_wildcards: it is another", True),
        ({"policies": "a"}, {"policies": "b"}, "policies: it is another", True),
        ({"tiers": "a.yaml"}, {}, "tiers: it is another", True),
        ({}, {"engine": "opa-server", "engine_url": "http://127.0.0.1:9"},
         "engine_url: another server answers for the controls, and decides every verdict", False),
        ({"engine": "opa-server", "engine_url": "http://127.0.0.1:9"}, {}, "", False),
        ({}, {"engine": "opa-server"}, "", False),
        ({}, {"engine_url": "http://127.0.0.1:9"}, "", False),
        ({}, {}, "", False),
    ],
)  # fmt: skip
def test_a_setting_that_demands_less_is_a_finding(
    before: dict[str, Any], after: dict[str, Any], said: str, *, fault: bool
) -> None:
    """The other way round it is none; what may be either is not known."""
    found = [*weaker_settings({**defaults(), **before}, {**defaults(), **after})]

    assert [f"{one.name}: {one.said}" for one in found] == ([said] if said else [])
    assert [bool(one.fault) for one in found] == ([fault] if said else [])


def lowered(
    catalogue: Catalogue, file: Path, before: str | None, after: str, judging: Settings
) -> list[tuple[str, str, int]]:
    """The setting, the words and the line of what a file of settings lowers; None for none before."""
    file.write_text(after, encoding="utf-8")
    base = None
    if before is not None:
        then = file.with_name("before.yaml")
        then.write_text(before, encoding="utf-8")
        earlier = read_inputs((file,), Assumed(), InputsThen({file: then}, may_lack=True)).own
        base = demanded(earlier, catalogue, Settings(as_of=AS_OF), read_file)
    own = read_inputs((file,), Assumed()).own
    readings = policy_readings(demanded(own, catalogue, judging, read_file), base)
    return [(one.name, one.lost[0], one.declaration.line) for reading in readings for one in reading.changes]


def test_a_file_is_held_against_what_it_was(catalogue: Catalogue, tmp_path: Path) -> None:
    """By its lines; without the file, or with nothing in it, the defaults held. Paths are those beside it."""
    file, judging = tmp_path / "auditor.yaml", Settings(as_of=AS_OF)
    more = "policies: own\ndeleted_resources: judge\nfail_on: low\n"

    assert lowered(
        catalogue, file, more, "policies: own\ndeleted_resources: ignore\nfail_on: high\n", judging
    ) == [
        ("fail_on", "low becomes high", 3),
        ("deleted_resources", "judge becomes ignore", 2),
    ]
    assert lowered(catalogue, file, more, more, judging) == []
    assert lowered(catalogue, file, "# nothing\n", "fail_on: never\n", judging) == [
        ("fail_on", "low becomes never", 1)
    ]
    assert lowered(catalogue, file, more, more.replace("own", "other"), judging) == [
        ("policies", "it is another", 1)
    ]


def test_of_the_file_that_judges_what_it_names_is_compared_itself(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """And nothing is told twice."""
    file = tmp_path / "auditor.yaml"
    judging = Settings(as_of=AS_OF, fail_on="never", origins=Origins({"fail_on": "file"}, file))

    found = lowered(catalogue, file, "policies: own\n", "policies: other\nfail_on: never\n", judging)

    assert found == [("fail_on", "low becomes never", 2)]


MATTER = Matter("m", "h", ("111122223333", "444455556666"), ("eu-west-1",), "o", until=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("after", "said", "fault"),
    [
        ([], "the hold h of the matter m is demanded no longer", False),
        ([replace(MATTER, accounts=("444455556666",))],
         "the hold h of the matter m is demanded no longer in 111122223333", False),
        ([replace(MATTER, until=date(2026, 12, 31))],
         "the hold h of the matter m is demanded only until 2026-12-31", False),
        ([replace(MATTER, resources=("EBS",))], "the hold h of the matter m is demanded of others", True),
        ([replace(MATTER, hold="other"), MATTER], "", False),
        ([replace(MATTER, until=None, owner="p", regions=("eu-west-1", "eu-west-2"))], "", False),
    ],
)  # fmt: skip
def test_a_legal_hold_that_is_demanded_no_longer_is_a_finding(
    catalogue: Catalogue, after: list[Matter], said: str, *, fault: bool
) -> None:
    """Of the register that an audit reads; a matter that has ended is asked of nobody any more."""
    over = replace(MATTER, name="over", until=date(2025, 1, 1))
    then, now = (
        demanded((), replace(catalogue, matters=tuple(matters)), Settings(as_of=AS_OF))
        for matters in ([MATTER, over], after)
    )

    found = [one for reading in policy_readings(now, then) for one in reading.changes]

    assert [(one.kind, one.name, one.lost[0]) for one in found] == (
        [("setting", "holds", said)] if said else []
    )
    assert [bool(one.fault) for one in found] == ([fault] if said else [])


@pytest.mark.long
def test_what_an_audit_for_audit_manager_asks_is_that_of_then(
    command: Said, git: Git, tmp_path: Path
) -> None:
    """The file may have its name still; so may the register of legal holds."""
    settings = tmp_path / "auditor.yaml"
    settings.write_text(
        f"framework: {FRAMEWORK}\naudit_manager: asked.yaml\nholds: holds.yaml\n", encoding="utf-8"
    )
    asked, holds = tmp_path / "asked.yaml", tmp_path / "holds.yaml"
    control = "FrameworkName: own\nFrameworkControls: [{ControlName: %s}]\n"
    asked.write_text(control % "BACKUP_RECOVERY_POINT_ENCRYPTED", encoding="utf-8")
    shutil.copy(Path(__file__).parents[2] / "examples" / "holds.yaml", holds)
    commit(git)
    asked.write_text(control % "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", encoding="utf-8")
    holds.write_text("matters: []\n", encoding="utf-8")

    code, out, err = command("check", "auditor.yaml", "--diff-base", "HEAD")

    assert (code, err) == (3, "")
    assert "audit_manager is another, and whether it demands less is not known" in out
    assert "is demanded no longer" in out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "fail_on: high\nframwork: dora\n",
            "auditor.yaml:2: unknown key 'framwork'; did you mean 'framework'?",
        ),
        ("fail_on: always\n", "auditor.yaml:1: 'fail_on' must be"),
        ("fail_on: high\nmax_waiver_days: many\n", "auditor.yaml:2: 'max_waiver_days' must be"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    catalogue: Catalogue, tmp_path: Path, text: str, why: str
) -> None:
    """As every command refuses it."""
    with pytest.raises(UsageError) as error:
        lowered(catalogue, tmp_path / "auditor.yaml", None, text, Settings(as_of=AS_OF))
    assert why in str(error.value)


def test_where_nothing_reads_settings_they_are_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    """Never passed over."""
    (tmp_path / "auditor.yaml").write_text("fail_on: high\n", encoding="utf-8")
    own = read_inputs((tmp_path,), Assumed()).own

    with pytest.raises(AuditorError, match="settings are not read here"):
        demanded(own, catalogue, Settings(as_of=AS_OF))


@pytest.mark.long
def test_a_file_of_settings_of_a_pull_request_is_told(command: Said, git: Git, tmp_path: Path) -> None:
    """Named, though it judges nothing, whatever it is called; one that is as before is no finding."""
    file = tmp_path / "settings.yaml"
    file.write_text("deleted_resources: judge\nfail_on: low\n", encoding="utf-8")
    commit(git)
    same = command("check", "settings.yaml", "--diff-base", "HEAD")
    file.write_text("fail_on: low\ndeleted_resources: list\n", encoding="utf-8")

    code, out, _ = command("check", "settings.yaml", "--diff-base", "HEAD")

    assert (same[0], code) == (0, 3)
    assert "the setting deleted_resources demands less than before: judge becomes list" in out
    assert "settings.yaml:2" in out
