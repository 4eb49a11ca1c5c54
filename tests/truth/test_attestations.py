"""What persons attest of what AWS's data cannot tell: it is told as such, and hides nothing."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loopback.auditing import AuditFailed, Judgement, audit
from tests.loopback.standing import AS_OF, VOLUME, World, standing

TESTED = "BKP-REC-001"
SAID = {
    "control_id": TESTED,
    "subject": VOLUME,
    "statement": "Restored, and whole.",
    "attested_by": "Ada",
    "attested_on": "2026-02-01",
    "evidence": "https://wiki.example.com/1",
    "sha256": "a" * 64,
    "expires": "2026-04-01",
}
#: A time for which nobody knows all restore jobs, and one for which they are known.
LONG, SHORT = ({"restore_test": {"max_age_days": days}} for days in (90, 20))


def attested(tmp_path: Path, world: World, tier: dict[str, Any], **changed: str) -> Judgement:
    """An audit with one attestation."""
    file = tmp_path / "attestations.yaml"
    file.write_text(yaml.safe_dump({"attestations": [SAID | changed]}), encoding="utf-8")
    return audit(world, tmp_path, tier=tier, attestations=str(file))


def test_what_is_attested_stays_unknown_and_is_told_as_attested(tmp_path: Path) -> None:
    """With who says it and where the proof lies; it is counted apart, and kept with the run."""
    found = attested(tmp_path, standing(14), LONG)

    (reason,) = found.reasons(TESTED, VOLUME)
    assert (found.verdict(TESTED, VOLUME), found.exit_code) == ("INSUFFICIENT_DATA", 4)
    assert (reason.code, reason.evidence["attestation"]) == ("attested", SAID)
    assert reason.message.startswith(
        "attested by Ada on 2026-02-01, until 2026-04-01: Restored, and whole. (https://wiki.example.com/1). "
        "Not known from AWS: Restore jobs are known of the last 30 days only"
    )
    assert found.document["attestations"] == [{**SAID, "in_force": True, "verdicts": 1}]
    counted = {(one["control_id"], one["code"]): one["findings"] for one in found.document["classes"]}
    assert counted[TESTED, "attested"] == 1
    assert "attested by persons: 1 of the verdicts" in found.output
    data = (found.run / "judged_by" / "attestations.yaml").read_bytes()
    assert found.document["provenance"]["digests"]["attestations"] == sha256(data).hexdigest()


@pytest.mark.long
def test_one_that_holds_for_ever_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """With its file and line, and the last day that it may have."""
    with pytest.raises(AuditFailed, match="exit code 2") as refused:
        attested(tmp_path, standing(14), LONG, expires="2099-12-31")
    assert "it ends more than 365 days after 2026-02-01, when it was said" in str(refused.value)


@pytest.mark.long
@pytest.mark.parametrize(
    ("tier", "changed", "verdict", "code", "told"),
    [
        (SHORT, {}, "NON_COMPLIANT", "not_restored", "is of nothing that is unknown"),
        (
            LONG,
            {"expires": "2026-02-28"},
            "INSUFFICIENT_DATA",
            "evidence_gap",
            "has expired, and counts no more",
        ),
        (
            LONG,
            {"attested_on": "2026-03-02"},
            "INSUFFICIENT_DATA",
            "evidence_gap",
            "counts from a later day on",
        ),
        (
            LONG,
            {"subject": f"{VOLUME}0"},
            "INSUFFICIENT_DATA",
            "evidence_gap",
            "is of nothing that is unknown",
        ),
    ],
    ids=["a finding", "over", "later", "another"],
)
def test_an_attestation_hides_no_finding_and_ends(
    tmp_path: Path, tier: dict[str, Any], changed: dict[str, str], verdict: str, code: str, told: str
) -> None:
    """What counts for nothing is said."""
    found = attested(tmp_path, standing(14), tier, **changed)

    assert (found.verdict(TESTED, VOLUME), found.codes(TESTED, VOLUME)) == (verdict, [code])
    assert (found.document["attestations"][0]["verdicts"], told in found.output) == (0, True)


@pytest.mark.long
def test_a_pass_needs_no_attestation(tmp_path: Path) -> None:
    """What AWS tells comes first."""
    world = standing(14)
    world.restore(AS_OF - timedelta(days=3))
    found = attested(tmp_path, world, LONG)

    assert (found.verdict(TESTED, VOLUME), found.exit_code) == ("COMPLIANT", 3)
    assert {one["control_id"] for one in found.document["findings"]} == {"BKP-GOV-016"}
