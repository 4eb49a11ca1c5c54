"""Waivers at a check: what they cover by the organizational unit, where that is known."""

from pathlib import Path

from tests.check.conftest import Said
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
        assert found[1].splitlines()[-1] == f"5 compliant, {counts}"
