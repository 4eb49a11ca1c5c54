"""Copy jobs that failed: what they cause, and what AWS leaves out of them."""

from pathlib import Path
from typing import Any

from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import AS_OF, AWAY, PLAN, VOLUME, copy_action, nights, standing, vault_arn

FAR = vault_arn("far", AWAY)
COPIED = "BKP-ISO-001"


def judged(tmp_path: Path, failed: int, **said: Any) -> Judgement:
    """Copies of three nights, kept too briefly, and a copy job that failed on night number `failed`."""
    world = standing(14, CopyActions=[copy_action(FAR, 3)])
    world.vault("far", AWAY)
    for night in nights()[-3:]:
        world.copied(night, FAR, keep=3)
    job = {**world.at().copy_jobs[0], "CopyJobId": "bad", "State": "FAILED", "StatusMessage": "no"}
    job |= {"CreationDate": nights()[failed], **said}
    del job["DestinationRecoveryPointArn"]
    world.at().copy_jobs.append({name: value for name, value in job.items() if value is not None})
    return audit(world, tmp_path, tier={"copy": {"retention_days": 7}})


def cause(judgement: Judgement) -> Any:
    """What causes the finding about the copies."""
    return next(one["cause"] for one in judgement.document["causes"]["shown"] if one["control_id"] == COPIED)


def test_a_copy_that_was_refused_since_the_newest_one_is_the_cause(tmp_path: Path) -> None:
    """Only then: what failed weeks before later copies arrived explains nothing."""
    late, early = judged(tmp_path, -1, CreationDate=AS_OF), judged(tmp_path, 3)

    assert late.verdict(COPIED, VOLUME) == early.verdict(COPIED, VOLUME) == "NON_COMPLIANT"
    assert cause(late) == {
        "kind": "vault",
        "name": "far",
        "plan": "",
        "why": "copy_failed",
        "detail": "FAILED",
    }
    assert cause(early) == {"kind": "plan", "name": PLAN, "plan": "", "why": "copy_rule", "detail": ""}


def test_what_aws_leaves_out_of_a_failed_copy_job_ends_no_run(tmp_path: Path) -> None:
    """Its destination is neither guessed nor null in the evidence."""
    found = judged(tmp_path, -1, CreationDate=AS_OF, DestinationBackupVaultArn=None)

    assert found.verdict(COPIED, VOLUME) == "NON_COMPLIANT"
    named = {"kind": "vault", "name": "", "plan": "", "why": "copy_failed", "detail": "FAILED"}
    assert cause(found) == named
