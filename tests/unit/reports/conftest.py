import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.catalogue.responses import Responses
from auditor.judge.earlier import Earlier, causes_part
from reports import boxes
from reports.document import (
    MAX_CAUSES,
    MAX_GAPS,
    AuditDocument,
    ControlEntry,
    Finding,
    GapEntry,
    ReasonEntry,
    Subject,
)
from tests.golden.sample_document import build, classes_of

HOSTILE = "</script><img src=http://evil.example/x onerror=alert(1)>\u202e中文名字\x1b[2J" + "A" * 300


Audit = tuple[AuditDocument, pa.Table, pa.Table]


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Make the fontconfig of a machine with one font, which has the given characters only, or with none."""

    def make(characters: str) -> str:
        folder = tmp_path_factory.mktemp("machine")
        if characters:
            made = boxes.font(list(characters))
            old, new = (name.encode("utf-16-be") for name in ("Report Boxes", "Some Machine"))
            assert old in made
            (folder / "font.ttf").write_bytes(made.replace(old, new))
        file = folder / "fonts.conf"
        file.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>")
        return str(file)

    return make


@pytest.fixture(scope="session")
def sample_audit() -> Audit:
    """The fixed audit of tests/golden/sample_document.py: the document, every verdict and every gap."""
    return build()


@pytest.fixture(scope="session")
def sample(sample_audit: Audit) -> AuditDocument:
    """The document alone."""
    return sample_audit[0]


@pytest.fixture
def verdicts_parquet(sample_audit: Audit, tmp_path: Path) -> Path:
    """The sample's verdicts.parquet, with gaps.parquet and causes.parquet beside it."""
    path = tmp_path / "verdicts.parquet"
    pq.write_table(sample_audit[1], path)
    pq.write_table(sample_audit[2], tmp_path / "gaps.parquet")
    causes_part(tmp_path, sample_audit[0].causes["shown"], Earlier(), Responses())
    return path


def _hostile_finding(number: int, control: ControlEntry, account: str, waiver: Any) -> Finding:
    arn = f"arn:aws:dynamodb:eu-west-1:{account}:table/{'x' * 230}{number}"
    evidence = {
        "job_ids": [f"job-{number}-{i}" for i in range(20)],
        "note": HOSTILE * 5,
        "failures": [{"due": "2026-01-19T05:00:00Z", "state": "MISSED", "message": HOSTILE}] * 10,
    }
    verdict = ("NON_COMPLIANT", "INSUFFICIENT_DATA", "ERROR", "WAIVED")[number % 97 % 4]
    return Finding(
        control.id,
        Subject("resource", arn, account, "eu-west-1", "DynamoDB", f"{HOSTILE}{number}"),
        verdict,
        control.severity,
        (ReasonEntry(f"reason_{number % 5}_with_a_rather_long_code", HOSTILE * 3, evidence),),
        waiver if verdict == "WAIVED" else None,
    )


@pytest.fixture(scope="session")
def huge(sample: AuditDocument) -> Callable[[int], AuditDocument]:
    """Make an audit of 500 accounts and 10 controls with n findings, all names long and hostile.

    Its lists are bounded as those of a real one.
    """

    @functools.cache
    def make(findings: int) -> AuditDocument:
        ids = [str(500_000_000_000 + i) for i in range(500)]
        controls = tuple(
            dataclasses.replace(
                control, title=control.title + HOSTILE, description=HOSTILE * 4, remediation="Do this. " * 200
            )
            for control in sample.controls
        )
        accounts = tuple(
            {
                "account_id": name,
                "name": f"{number} {HOSTILE}",
                "ou_path": ["Root " * 40] * 5,
                "regions": ["eu-west-1"],
            }
            for number, name in enumerate(ids)
        )
        gaps = tuple(
            GapEntry(f"gap-{i}", ids[i % 500], "eu-west-1", "backup", "ListRecoveryPointsByBackupVault",
                     "AccessDeniedException", (HOSTILE * 3)[:1_000], tuple(f"table_{k}" for k in range(12)))
            for i in range(3_000)
        )  # fmt: skip
        waivers = tuple(
            {**sample.waivers[0], "reason": HOSTILE * 5, "subject": f"arn:{i}:*"} for i in range(400)
        )
        waiver = next(finding.waiver for finding in sample.findings if finding.waiver)
        every = [_hostile_finding(i, controls[i % 10], ids[i * 7 % 500], waiver) for i in range(findings)]
        classes, listed = classes_of(every).published()
        worst = sample.causes["shown"][0]
        named = {**worst["cause"], "name": HOSTILE, "plan": HOSTILE, "detail": HOSTILE}
        owned = [{"owner": f"{i} {HOSTILE}"[:250], "findings": 2} for i in range(10)]
        causes = [
            {**worst, "id": f"cause-{i:012x}", "cause": named, "owners": 400, "by_owner": owned,
             "accounts": 2, "largest": [{"account_id": ids[i + n], "findings": 9} for n in range(2)]}
            for i in range(MAX_CAUSES)
        ]  # fmt: skip
        by_account = {name: {"NON_COMPLIANT": i, "COMPLIANT": 1_000 - i} for i, name in enumerate(ids)}
        return dataclasses.replace(
            sample,
            run=dataclasses.replace(
                sample.run, accounts=accounts, regions=tuple(f"region-{i}" for i in range(30))
            ),
            summary=dataclasses.replace(
                sample.summary, by_account=by_account, findings=findings, gaps=len(gaps), accounts=len(ids)
            ),
            controls=controls,
            classes=classes,
            findings=listed,
            gaps=gaps[:MAX_GAPS],
            waivers=waivers,
            causes={**sample.causes, "rows": 20_000, "shown": causes},
        )

    return make
