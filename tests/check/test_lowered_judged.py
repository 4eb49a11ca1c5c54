"""What a change lowers is judged by the policies and settings of before, whatever it makes of them."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.baseline import Baseline
from auditor.check.inputs import Inputs
from auditor.check.own_policies import demanded, policy_readings
from auditor.check.result import CheckResult, ReadBaseline
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.model.verdicts import Severity
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from tests.check.conftest import AS_OF, Said
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written
from tests.check.test_diff_base import Git, commit, git

__all__ = ["git"]

STAYS = "BKP-GOV-001"
OPEN = "it demands less than before, and no control of the policies asks of a change"


def policies(catalogue: Catalogue, **changes: Any) -> Catalogue:
    """Policies whose control of changes is another; with nothing to change, without it."""
    controls = [
        replace(one, **changes) if one.id == STAYS else one
        for one in catalogue.controls
        if one.id != STAYS or changes
    ]
    return replace(catalogue, controls=tuple(controls), sha256=repr(changes))


def check(
    before: Catalogue, now: Catalogue, engine: Engine, settings: tuple[dict[str, Any], dict[str, Any]]
) -> CheckResult:
    """A check of settings that were others, and of a `max_waiver_days` that is more."""
    then, after = (Settings(as_of=AS_OF, **one) for one in settings)
    after = replace(after, max_waiver_days=then.max_waiver_days + 1)
    base, held = demanded((), before, then), demanded((), now, after)
    same = {("policies", ""): held.values["policies", ""]}  # what becomes of the control is for others to say
    readings = [*policy_readings(held, replace(base, values=base.values | same))]
    options = CheckOptions(unit="", baseline=Baseline.from_entries(ReadBaseline("main", "", ""), (), base))
    return judge_inputs(Inputs(readings, []), engine, now, after, options)


def told(result: CheckResult) -> list[tuple[str, str, str]]:
    """Of each entry the setting, its verdict and severity."""
    return [
        (one.declaration.address, str(one.verdict), str(one.severity))
        for one in result.entries
        if one.control_id == STAYS
    ]


DAYS = "max_waiver_days"


@pytest.mark.parametrize(
    ("then", "now", "severity"),
    [
        ({"severity": Severity.HIGH}, {}, "high"),
        pytest.param({"severity": Severity.HIGH}, {"severity": Severity.LOW}, "high", marks=pytest.mark.long),
        pytest.param({"severity": Severity.HIGH}, {"moments": ()}, "high", marks=pytest.mark.long),
        pytest.param({"severity": Severity.LOW}, {"severity": Severity.HIGH}, "low", marks=pytest.mark.long),
        pytest.param({}, {"severity": Severity.HIGH}, "high", marks=pytest.mark.long),
    ],
    ids=["taken away", "a lower severity", "no longer asked", "a higher severity", "new"],
)
def test_what_the_change_makes_of_the_control_counts_after_it(
    catalogue: Catalogue, engine: Engine, then: dict[str, Any], now: dict[str, Any], severity: str
) -> None:
    """The control of before judges; where there was none, that of now."""
    found = check(policies(catalogue, **then), policies(catalogue, **now), engine, ({}, {}))

    assert told(found) == [(DAYS, "NON_COMPLIANT", severity)]
    assert (found.exit_code, found.incomplete) == (3, [])


def test_where_no_control_asks_of_changes_what_is_lowered_leaves_the_check_open(
    catalogue: Catalogue, engine: Engine
) -> None:
    """Neither then nor now: whether less may be demanded is not judged, and that is no pass."""
    found = check(policies(catalogue), policies(catalogue), engine, ({}, {}))

    assert (found.entries, found.exit_code) == ([], 4)
    assert {one.why for one in found.incomplete} == {OPEN}


@pytest.mark.parametrize(
    ("then", "now", "settings", "code"),
    [
        ("high", "never", [DAYS, "fail_on"], 3),
        ("high", "critical", [DAYS, "fail_on"], 3),
        ("critical", "never", [DAYS, "fail_on"], 0),
        ("never", "never", [DAYS], 0),
        ("never", "high", [DAYS], 3),
    ],
)
def test_what_failed_before_fails_a_change_that_lowers_it(
    catalogue: Catalogue, engine: Engine, then: str, now: str, settings: list[str], code: int
) -> None:
    """The finding is of high severity; what fails now fails too."""
    found = check(catalogue, catalogue, engine, ({"fail_on": then}, {"fail_on": now}))

    assert sorted(one for one, *_ in told(found)) == sorted(settings)
    assert found.exit_code == code


@pytest.mark.long
def test_rego_of_the_control_that_finds_nothing_any_more_judges_nothing(catalogue: Catalogue) -> None:
    """Nor does Rego that fails."""
    path = next(one.path for one in catalogue.controls if one.id == STAYS)
    rego = catalogue.modules[path]
    for old, new in (
        ("applicable if input.change.action in", "applicable if not input.change.action in"),
        (
            'input.change.action == "lowered"\n\tdemanded',
            "object.get(input.change, 1, 2) / 0 == 1\n\tdemanded",
        ),
    ):
        assert old in rego
        modules = {**catalogue.modules, path: rego.replace(old, new)}
        now = replace(catalogue, modules=modules, sha256=new)
        with closing(open_engine("embedded", modules, now.data)) as engine:
            found = check(catalogue, now, engine, ({}, {}))
        assert (told(found), found.exit_code) == ([(DAYS, "NON_COMPLIANT", "high")], 3)


@pytest.mark.long
@pytest.mark.parametrize(
    ("then", "found"),
    [({}, {DAYS, "engine_url"}), ({"engine": "opa-server", "engine_url": "http://127.0.0.1:9"}, set())],
    ids=["new", "there before"],
)
def test_a_server_that_a_change_names_does_not_judge_what_it_lowers(
    catalogue: Catalogue, then: dict[str, Any], found: set[str]
) -> None:
    """It could say that nothing is found; one that judged before is believed."""
    path = next(one.path for one in catalogue.controls if one.id == STAYS)
    silent = catalogue.modules[path].replace(
        "applicable if input", "applicable if false\n\nelsewhere if input"
    )
    now = {"engine": "opa-server", "engine_url": "http://127.0.0.1:9"}
    with closing(open_engine("embedded", {**catalogue.modules, path: silent}, catalogue.data)) as engine:
        result = check(catalogue, catalogue, engine, (then, now))

    assert {one for one, *_ in told(result)} == found


@pytest.mark.long
def test_a_pull_request_that_takes_away_what_would_find_it_is_told(
    command: Said, git: Git, tmp_path: Path
) -> None:
    """The control, its severity and what fails, all at once; what else the inputs have is judged as now."""
    shutil.copytree(policies_folder(), tmp_path / "policies", ignore=shutil.ignore_patterns("schemas"))
    written(tmp_path / "auditor.yaml", {"policies": "policies", "fail_on": "high"})
    written(tmp_path / "plan.json", volume(protected(), "data", backup_tier="Gold").first())
    commit(git)
    shutil.rmtree(tmp_path / "policies" / "controls" / "governance" / "protection_stays")
    written(tmp_path / "auditor.yaml", {"policies": "policies", "fail_on": "never"})

    code, out, _ = command(
        "check", "plan.json", "--diff-base", "HEAD", "--config", "auditor.yaml", "--untested"
    )

    assert code == 3
    assert f"the control {STAYS} demands less than before: it is gone" in out
    assert "the setting fail_on demands less than before: high becomes never" in out
    assert command("check", "plan.json", "--config", "auditor.yaml", "--untested")[0] == 0
