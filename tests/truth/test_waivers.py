"""What waivers do to a whole audit, and what the document says of them."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import AuditFailed, Judgement, audit
from tests.loopback.standing import ACCOUNT, PLAN, plan_arn, standing

PLAN_ARN = plan_arn(PLAN)
#: The plan keeps 35 days and 60 are demanded: one finding of BKP-RET-001.
DEMANDED = {"retention_days": 60}


def waiver(**changed: str) -> dict[str, str]:
    """An accepted deviation of the plan through March."""
    given = {"control_id": "BKP-RET-001", "subject": PLAN_ARN, "reason": "moves next week",
             "approved_by": "security", "expires": "2026-03-31"}  # fmt: skip
    return given | changed


def judged(tmp_path: Path, *waivers: dict[str, str], **settings: Any) -> Judgement:
    """An audit of the standing input under a tier that demands 60 days."""
    return audit(standing(35), tmp_path, tier=DEMANDED, waivers=waivers, **settings)


@pytest.mark.long
def test_the_document_names_its_waivers_by_digest_and_says_what_each_covers(tmp_path: Path) -> None:
    """One waives the finding, one has expired, one covers nothing; the command says so of the last two."""
    nothing = waiver(subject=f"arn:aws:backup:*:{ACCOUNT}:backup-plan:none")
    given = [waiver(), waiver(expires="2026-02-28"), nothing]

    found = judged(tmp_path, *given)

    (file,) = tmp_path.glob("audit-*/waivers.yaml")
    assert found.verdict("BKP-RET-001", PLAN_ARN) == "WAIVED"
    assert found.document["run"]["waivers_sha256"] == sha256(file.read_bytes()).hexdigest()
    assert found.document["waivers"] == [
        {**given[0], "expired": False, "findings": 1},
        {**given[1], "expired": True, "findings": 0},
        {**given[2], "expired": False, "findings": 0, "unused": True},
    ]
    said = " ".join(found.output.split())
    assert f"a waiver has expired, so what it covered counts again: BKP-RET-001 {PLAN_ARN}" in said
    assert f"a waiver covers nothing: BKP-RET-001 {nothing['subject']}" in said


def test_a_finding_shows_again_when_its_waiver_has_expired(tmp_path: Path) -> None:
    """The day after the last one: the run ends on 2026-03-01."""
    found = judged(tmp_path, waiver(expires="2026-02-28"))

    assert (found.verdict("BKP-RET-001", PLAN_ARN), found.exit_code) == ("NON_COMPLIANT", 3)


def test_without_a_file_of_waivers_there_is_no_digest(tmp_path: Path) -> None:
    """None was given."""
    found = audit(standing(35), tmp_path)

    assert (found.document["run"]["waivers_sha256"], found.document["waivers"]) == (None, [])


@pytest.mark.parametrize(
    ("changed", "settings", "said"),
    [
        ({"subject": "*"}, {}, "3: 'subject' '*' is too wide"),
        ({"subject": "arn:aws:backup:*:1*:*"}, {}, "3: 'subject' 'arn:aws:backup:*:1*:*' is too wide"),
        ({"subject": "arn:aws:backup:*:?*1*:*"}, {}, "3: 'subject' 'arn:aws:backup:*:?*1*:*' is too wide"),
        ({"expires": "2099-12-31"}, {}, "6: it ends more than 365 days after 2026-03-01"),
        ({"expires": "2026-03-31"}, {"max_waiver_days": 29}, "6: it ends more than 29 days after 2026-03-01"),
        ({"control_id": "BKP-RET-999"}, {}, "2: there is no control BKP-RET-999"),
        ({"approved_by": " "}, {}, "5: 'approved_by' says nothing"),
    ],
)
def test_a_blank_cheque_is_refused_with_file_and_line(
    tmp_path: Path, changed: dict[str, str], settings: dict[str, Any], said: str
) -> None:
    """Exit 2, and nothing was read: subject `*`, an owner without a name, an end that nobody will see."""
    with pytest.raises(AuditFailed, match="exit code 2") as refused:
        judged(tmp_path, waiver(**changed), **settings)

    assert f"waivers.yaml:{said}" in str(refused.value)


def test_the_longest_waiver_that_is_allowed_holds(tmp_path: Path) -> None:
    """365 days after the end of the period."""
    assert judged(tmp_path, waiver(expires="2027-03-01")).verdict("BKP-RET-001", PLAN_ARN) == "WAIVED"
