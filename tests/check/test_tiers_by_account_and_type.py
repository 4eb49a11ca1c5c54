"""Tiers that go by account and by resource type, of what is only declared."""

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import Plan, volume
from tests.check.test_backup_documents import plan, selection

LAB = "999988887777"
COVERED, RETENTION = "BKP-COV-001", "BKP-RET-001"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The shipped policies, where what lies in the lab needs no backup, and gold is for databases alone."""
    shipped = (policies_folder() / "tiers.yaml").read_text(encoding="utf-8")
    found = tmp_path_factory.mktemp("own") / "tiers.yaml"
    lab = f'assignment:\n  - tier: exempt\n    accounts: ["{LAB}"]\n'
    gold = "tags: {backup-tier: gold}"
    assert gold in shipped
    changed = shipped.replace("assignment:\n", lab).replace(gold, f"{gold}\n    resource_types: [RDS]")
    found.write_text(changed, encoding="utf-8")
    return Catalogue.load(tiers=found)


@pytest.mark.parametrize(
    ("account", "verdict"), [(LAB, None), ("999988887778", "NON_COMPLIANT"), (None, "INSUFFICIENT_DATA")]
)
def test_a_volume_is_exempt_in_the_account_that_the_entry_names(
    check: Check, account: str | None, verdict: str | None
) -> None:
    """In another it is not; where no input says which account it is, neither is told."""
    result = check(volume(Plan(), "data").first(), plan(), selection(), account=account)

    found = {said for control, _, said, _ in said_of(result) if control == COVERED}
    assert found == ({verdict} if verdict else set())
    if account is None:
        assert "A tier is assigned by account, and which one this is is not known." in messages(result)


def test_a_plan_is_held_against_the_tiers_of_the_types_that_it_selects(check: Check) -> None:
    """By a tag it selects databases too, for which 34 days are too few; bronze, the volumes', is content."""
    short = check(plan(Lifecycle={"DeleteAfterDays": 34}), selection(), account="999988887778")

    said = [(control, verdict) for control, _, verdict, _ in said_of(short) if control == RETENTION]
    assert said == [(RETENTION, "NON_COMPLIANT")]
    assert "tier gold" in messages(short)
    assert "tier bronze" not in messages(short)
