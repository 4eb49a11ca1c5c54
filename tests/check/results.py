"""Results of a check that are made by hand, and what a hostile pull request calls things."""

from dataclasses import replace
from datetime import date
from typing import Any

from auditor.check.declared import Declaration
from auditor.check.difference import (
    Aspect,
    Difference,
    HeldSubject,
    ProtectionChange,
    VerdictChange,
    Way,
)
from auditor.check.formats.base import CheckSource
from auditor.check.formats.registry import BY_NAME
from auditor.check.result import CheckEntry, CheckResult, NotWhole, ReadBaseline, Suggestion
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Reason, Severity, Verdict, Waiver

#: Means something to each of the formats, and to whatever shows them.
HOSTILE = (
    "::error::x</details></x>]]>|`<script>&amp;@team #1 [x](javascript:alert(1)) %0A::error::y,a=b "
    "\x00\x1b[2J\x9b2J\ufffe\u202e\u2066\u200b中文\n::error::z\r\n##[error]v ##vso[task.complete]w "
    "![i](//e.example)"
)


def entry(
    address: str = "aws_ebs_volume.data",
    verdict: Verdict = Verdict.NON_COMPLIANT,
    severity: Severity = Severity.HIGH,
    *,
    control: str = "BKP-COV-001",
    file: str = "plan.json",
    line: int = 0,
    codes: tuple[str, ...] = ("not_selected",),
    **changes: Any,
) -> CheckEntry:
    """An entry about a volume, with a reason for each code."""
    made = CheckEntry(
        control_id=control,
        title=f"What {control} asks",
        severity=severity,
        verdict=verdict,
        subject_type="resource",
        resource_type="EBS",
        arn="arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        account_id="111122223333",
        region="eu-west-1",
        declaration=Declaration(file, address, line),
        reasons=tuple(Reason(code, f"it is {code}", {}) for code in codes),
        fix=f"Mend {control}.",
    )
    return replace(made, **changes)


def result(*entries: CheckEntry, compliant: int = 5, **changes: Any) -> CheckResult:
    """A result with these entries, and so many passes."""
    counts = {str(verdict): sum(one.verdict is verdict for one in entries) for verdict in Verdict}
    made = CheckResult(
        inputs=[{"file": "plan.json", "kind": "Terraform plan"}],
        controls=["BKP-COV-001"],
        entries=entries,
        counts={**counts, str(Verdict.COMPLIANT): compliant},
        resources=3,
        not_looked_at={},
        exit_code=ExitCode.FINDINGS if entries else ExitCode.COMPLIANT,
        policies_sha256="a" * 64,
        as_of="2026-02-01T00:00:00Z",
    )
    return replace(made, **changes)


def difference(text: str = "", *, count: int = 1) -> Difference:
    """Something of everything that becomes of a run; `text` stands for whatever things are called."""
    where = ("111122223333", text or "shop", "eu-west-1")
    volume = HeldSubject("resource", text or "EBS", text or "arn:aws:ec2:volume/v", text or "data", *where)
    plan = HeldSubject("plan", text, text or "arn:aws:backup:plan-1", text or "gold", *where)
    evidence = {"protection": {"explanation": [text or "gold / gold: Near miss."]}}
    reason = Reason("not_selected", text or "no rule protects it", evidence)
    ways = (
        (Way.LOSES, plan, Verdict.COMPLIANT, Verdict.NON_COMPLIANT),
        (Way.LOSES, volume, Verdict.COMPLIANT, Verdict.NON_COMPLIANT),
        (Way.UNKNOWN, volume, Verdict.COMPLIANT, Verdict.INSUFFICIENT_DATA),
        (Way.UNASKED, plan, Verdict.NON_COMPLIANT, None),
        (Way.WAIVED, volume, Verdict.COMPLIANT, Verdict.WAIVED),
        (Way.GAINS, volume, Verdict.NON_COMPLIANT, Verdict.COMPLIANT),
        (Way.ASKED, volume, Verdict.NOT_APPLICABLE, Verdict.COMPLIANT),
    )
    changes = [
        VerdictChange(
            text or "BKP-COV-001", "What it asks", Severity.HIGH, subject, before, after, way, (reason,),
            [volume] * (count if subject is plan else 0), text or "Mend it."
        )
        for way, subject, before, after in ways
    ]  # fmt: skip
    far = text or "111122223333 eu-central-1 35 days"
    copy = Aspect("copy", far, text or "none", worse=True)
    return Difference(
        run=text or "runs/latest",
        as_of="2026-02-01T00:00:00Z",
        accounts=2,
        policies_before="a" * 64,
        policies_after="b" * 64,
        changes=changes * count,
        compared=30,
        only_later=[text or "BKP-FRQ-001"],
        matched=[text or "plan.json: Plan is taken to be a new plan"] * 6,
        failing=[text or "the backups of rule night of plan gold in 111122223333 eu-west-1 fail"],
        unmapped=[text or "plan.json: account 444455556666 is not in the evidence"],
        protection=[ProtectionChange(volume, text or "gold", [copy])] * count,
    )


def sample() -> CheckResult:
    """Something of everything that a check says."""
    missed = (
        "gold / gold: ListOfTags: no entry matches the tags.; Near miss: value 'Gold' of tag backup-tier "
        "differs from 'gold' by case only."
    )
    near = {"protection": {"explanation": ["silver / all: it needs another tag.", missed]}}
    waiver = Waiver("BKP-IMM-003", "*", "It is rebuilt weekly.", "ciso@example.com", date(2026, 2, 28))
    unknown = Reason(
        "evidence_gap", "vault other is not among the inputs", {"gaps": [{"error": "KnownAfterApply"}]}
    )
    return result(
        entry("bad", Verdict.ERROR, control="BKP-GOV-001", codes=("control_error",)),
        entry(
            'module.a["x"].aws_ebs_volume.data',
            reasons=(Reason("not_selected", "no rule of any backup plan protects it", near),),
            suggestion=Suggestion("hcl", 'tags = {\n  backup-tier = "gold"\n}'),
        ),
        entry(
            "Plan",
            severity=Severity.MEDIUM,
            control="BKP-RET-001",
            file="t.yaml",
            line=3,
            codes=("short", "short"),
        ),
        entry("Plan", severity=Severity.LOW, control="BKP-FRQ-003", file="./t.yaml", line=3, codes=("rare",)),
        entry("Vault", Verdict.INSUFFICIENT_DATA, file="t.yaml", line=9, reasons=(unknown,)),
        entry("Old", Verdict.WAIVED, control="BKP-IMM-003", file="t.yaml", line=12, waiver=waiver),
        inputs=[{"file": "plan.json", "kind": "Terraform plan"}, {"file": "t.yaml", "kind": "template"}],
        not_looked_at={"aws_iam_role": 2},
        passed_over=["in/package.json"],
        incomplete=[NotWhole("plan.json", "errored is true")],
        assumed=["t.yaml: parameters have their defaults"],
        old=[entry("aws_ebs_volume.known")],
        baseline=ReadBaseline("base.json", "2026-01-31T00:00:00Z", "b" * 64),
        against=difference(),
        excerpts={"t.yaml": {2: "Resources:", 3: "  Plan:", 4: f"    Type: {'x' * 120}", 5: "    Tags: []"}},
    )


def rendered(name: str, of: CheckResult, **how: Any) -> tuple[str, list[str]]:
    """A result in a format, and what the user was told."""
    said: list[str] = []
    return BY_NAME[name]().render(CheckSource(of, said.append, **how)).decode(), said
