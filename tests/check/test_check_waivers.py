"""Waivers at a check: what they cover by the organizational unit, and none waives what comes with it."""

from pathlib import Path

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.baseline import Baseline
from auditor.check.declared import Assumed
from auditor.check.inputs import InputsThen, read_inputs
from auditor.check.own_policies import demanded, policy_readings
from auditor.check.result import CheckResult, ReadBaseline
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, Said
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written


def test_a_waiver_by_unit_waives_nothing_where_no_input_tells_the_unit(command: Said, tmp_path: Path) -> None:
    """It is said; with the unit the finding is waived, or is not, and nothing is left to say."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").second())
    waiver = {"control_id": "BKP-COV-001", "organizational_unit": "Sandbox", "reason": "rebuilt every night",
              "approved_by": "owner", "expires": "2026-02-28"}  # fmt: skip
    waivers = written(tmp_path / "waivers.yaml", {"waivers": [waiver]})
    said = (
        "nothing is waived of BKP-COV-001 by organizational unit Sandbox where the inputs leave that unknown"
    )
    given = ("check", plan, "--waivers", waivers, "--as-of", "2026-02-01T00:00:00Z")

    for unit, code, counts, told in (
        ((), 3, "1 finding, 0 unknown, 0 not looked at, 0 waived", True),
        (("--unit", "Prod"), 3, "1 finding, 0 unknown, 0 not looked at, 0 waived", False),
        (("--unit", "Lab/Sandbox"), 0, "0 findings, 0 unknown, 0 not looked at, 1 waived", False),
    ):
        found = command(*given, *unit)
        assert (found[0], said in found[1]) == (code, told)
        assert found[1].splitlines()[-1] == f"6 compliant, {counts}"


def lowered(
    tmp_path: Path, catalogue: Catalogue, engine: Engine, before: str | None, after: str | None
) -> CheckResult:
    """A check of a tier that demands less; the end of a waiver of it then and now, None for no waiver."""
    shipped = policies_folder() / "tiers.yaml"
    weaker = tmp_path / "tiers.yaml"
    text = shipped.read_text(encoding="utf-8")
    weaker.write_text(text.replace("rpo_hours: 24", "rpo_hours: 48", 1), encoding="utf-8")

    def settings(name: str, expires: str | None) -> Settings:
        waiver = {"control_id": "BKP-GOV-001", "account": "000000000000", "reason": "it moves away",
                  "approved_by": "owner", "expires": expires}  # fmt: skip
        file = written(tmp_path / name, {"waivers": [waiver] if expires else []})
        return Settings(as_of=AS_OF, waivers=Path(file))

    then, now = settings("before.yaml", before), settings("waivers.yaml", after)
    earlier = read_inputs((weaker,), Assumed(), InputsThen({weaker: shipped}, may_lack=False))
    base = demanded(earlier.own, catalogue, then)
    inputs = read_inputs((weaker,), Assumed())
    inputs.readings += policy_readings(demanded(inputs.own, catalogue, now), base)
    baseline = Baseline.from_entries(ReadBaseline("main", "", ""), (), base)
    return judge_inputs(inputs, engine, catalogue, now, CheckOptions(unit="", baseline=baseline))


@pytest.mark.parametrize(
    ("before", "after", "expected", "code"),
    [
        (None, "2026-02-28", {"tier": "NON_COMPLIANT", "waiver": "NON_COMPLIANT"}, 3),
        ("2026-01-31", "2026-02-28", {"tier": "NON_COMPLIANT", "waiver": "NON_COMPLIANT"}, 3),
        ("2026-02-01", "2026-02-28", {"tier": "WAIVED", "waiver": "WAIVED"}, 0),
        ("2026-02-28", "2026-02-28", {"tier": "WAIVED"}, 0),
    ],
    ids=["added", "in place of one that has ended", "longer", "there before"],
)
def test_a_waiver_that_a_change_adds_waives_nothing_that_the_change_lowers(
    tmp_path: Path, catalogue: Catalogue, engine: Engine,
    before: str | None, after: str, expected: dict[str, str], code: int,
) -> None:  # fmt: skip
    """One that held before it does."""
    found = lowered(tmp_path, catalogue, engine, before, after)

    said = {entry.reasons[0].evidence["kind"]: str(entry.verdict) for entry in found.entries}
    assert (said, found.exit_code) == (expected, code)
    assert all((entry.waiver is None) is (str(entry.verdict) != "WAIVED") for entry in found.entries)
