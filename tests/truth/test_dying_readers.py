"""A page that ends the process that reads it is a gap, and all else is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.aws import page_process
from auditor.collect.run import COLLECTORS
from tests.contract.collect.test_legal_holds import held
from tests.loopback import faults, kept
from tests.loopback.auditing import audit
from tests.loopback.collecting import Directly
from tests.loopback.dying_worker import page
from tests.loopback.standing import HOME
from tests.truth.worlds import MEMBER, PERIOD, TIERS, healthy

#: The listings that native code reads.
LISTINGS = sorted(name.removesuffix("Output") for one in COLLECTORS for name in one.layouts)


@pytest.fixture(autouse=True)
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Readers that die where a page says so."""
    monkeypatch.setattr(page_process, "WORKER", "tests.loopback.dying_worker")
    monkeypatch.setattr(kept, "pages", kept.KeptPages())
    yield
    page_process.PageProcesses.close(kept.pages)


@pytest.mark.long
@pytest.mark.parametrize("operation", LISTINGS)
def test_a_page_that_ends_its_reader_is_one_gap(operation: str) -> None:
    """It has the operation, account and Region; every other listing gives what it gave."""
    world = held(healthy())
    with Directly(world, period_days=PERIOD, accounts="caller", regions=(HOME,)) as directly:
        right = directly.read()
        found = directly.read(faults.body(operation, content=page("abort")))

    gaps = [
        (gap.account_id, gap.region, gap.service, gap.operation, gap.error, gap.message)
        for gap in found.gaps
        if gap not in right.gaps
    ]
    assert gaps == [
        (
            *(world.caller, HOME, "backup", operation, "Unreadable"),
            "The process that reads answers ended over it (SIGABRT).",
        )
    ]
    lost = {name for name, digest in right.evidence.items() if found.evidence.get(name) != digest}
    tables = {table for gap in found.gaps for table in gap.provides}
    assert all(any(table in name for table in tables) for name in lost)


@pytest.mark.long
def test_the_run_goes_on_and_says_that_it_is_incomplete(tmp_path: Path) -> None:
    """One account's jobs end every reader that is given them: the others' verdicts stay."""
    world = healthy()
    asked: dict[str, Any] = {"tiers": TIERS, "accounts": "organization", "period_days": PERIOD}
    right = audit(world, tmp_path, **asked)
    fault = faults.body("ListBackupJobs", content=page("segmentation fault"), account_id=world.caller)
    found = audit(world, tmp_path, **asked, faults=[fault])

    assert (right.exit_code, found.exit_code) == (0, 4)
    assert {(gap["account_id"], gap["operation"], gap["error"]) for gap in found.gaps} == {
        (world.caller, "ListBackupJobs", "Unreadable")
    }
    others = {key: verdict for key, verdict in right.verdicts.items() if MEMBER in key[1]}
    assert others
    assert {key: found.verdicts[key] for key in others} == others
