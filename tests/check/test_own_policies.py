"""Policies of our own as inputs: what is wrong in them is refused, and what demands less is a finding."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.declared import Assumed
from auditor.check.inputs import InputsThen, read_inputs
from auditor.check.own_policies import demanded, policy_readings
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.errors import AuditorError, UsageError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, Said
from tests.check.test_diff_base import Git, commit, git

__all__ = ["git"]

Judge = Callable[..., CheckResult]
STAYS, WEAKER, OPEN = "BKP-GOV-001", "NON_COMPLIANT", "INSUFFICIENT_DATA"
TIERS = policies_folder() / "tiers.yaml"
LOCK = "    lock: compliance"
PARAMETERS = policies_folder() / "parameters.yaml"
WAIVER = {
    "control_id": "BKP-COV-001",
    "account": "111122223333",
    "reason": "It moves away.",
    "approved_by": "Security board",
    "expires": "2026-06-30",
}


@pytest.fixture
def judge(catalogue: Catalogue, engine: Engine) -> Judge:
    """Check a path, with what it was `before`, where that is given."""

    def run(path: Path, before: Path | None = None, settings: Settings | None = None) -> CheckResult:
        now = Settings(as_of=AS_OF)
        inputs = read_inputs((path,), Assumed())
        base = None
        if before is not None:
            then = read_inputs((path,), Assumed(), InputsThen({path: before}, may_lack=False))
            base = demanded(then.own, catalogue, now)
        inputs.readings += policy_readings(demanded(inputs.own, catalogue, settings or now), base)
        return judge_inputs(inputs, engine, catalogue, now, CheckOptions(unit=""))

    return run


def said(result: CheckResult) -> list[tuple[str, str, int, str]]:
    """Verdict, address, line and sentence of each entry."""
    assert {entry.control_id for entry in result.entries} <= {STAYS}
    return [
        (str(entry.verdict), entry.declaration.address, entry.declaration.line, entry.reasons[0].message)
        for entry in result.entries
    ]


def changed(tmp_path: Path, file: Path, *pairs: tuple[str, str]) -> tuple[Path, Path]:
    """A file with other words, and the file as it was."""
    text = file.read_text(encoding="utf-8")
    before = tmp_path / "before.yaml"
    before.write_text(text, encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    after = tmp_path / file.name
    after.write_text(text, encoding="utf-8")
    return after, before


@pytest.mark.parametrize(
    ("old", "new", "address", "why"),
    [
        ("rpo_hours: 24", "rpo_hours: 25", "/rpo_hours", "rpo_hours 24 becomes 25"),
        ("retention_days: 35", "retention_days: 34", "/retention_days", "retention_days 35 becomes 34"),
        ("    retention_max_days: 90\n", "", "", "retention_max_days 90 is gone"),
        ("customer_key: true", "customer_key: false", "/customer_key", "customer_key true becomes false"),
        ("lock: compliance", "lock: governance", "/lock", "lock compliance becomes governance"),
        ("    copy:\n      retention_days: 35\n", "", "", "copy demanded is gone"),
        ("      retention_days: 35", "      retention_days: 1", "/copy/retention_days",
         "copy.retention_days 35 becomes 1"),
        (LOCK, f"{LOCK}\n    native: {{coverage: [lifecycle_policy]}}", "/native/coverage",
         "native.coverage nothing becomes lifecycle_policy"),
    ],
)  # fmt: skip
def test_a_tier_that_demands_less_is_a_finding(
    judge: Judge, tmp_path: Path, old: str, new: str, address: str, why: str
) -> None:
    """With the line that says so; the same change the other way round demands more and is none."""
    after, before = changed(tmp_path, TIERS, (old, new))

    found, back = judge(after, before), judge(before, after)

    line = next(entry.declaration.line for entry in found.entries)
    assert said(found) == [
        (WEAKER, f"tiers/gold{address}", line, f"the tier gold demands less than before: {why}")
    ]
    assert line > 10
    assert found.exit_code == 3
    assert (said(back), back.exit_code) == ([], 0)


OUT = "becomes exempt (required true becomes false)"
SILVER = "  - tier: {}\n    tags: {{backup-tier: silver}}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("default: bronze", "default: exempt", f"all other resources demands less than before: bronze {OUT}"),
        (SILVER.format("silver"), SILVER.format("exempt"),
         f"resources backup-tier=silver demands less than before: silver {OUT}"),
        ("  - tier: gold\n    tags: {backup-tier: gold}\n", "",
         "resources backup-tier=gold in Production demands less than before: gold becomes silver (rpo_"),
        ("assignment:\n", "assignment:\n  - tier: exempt\n    accounts: ['111122223333']\n",
         f"resources of account 111122223333 demands less than before: bronze {OUT}"),
    ],
)  # fmt: skip
def test_resources_that_go_to_a_weaker_tier_are_a_finding(
    judge: Judge, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """By an entry that is another, gone or new, and by the default; a stronger tier is none."""
    after, before = changed(tmp_path, TIERS, (old, new))

    found, *_ = said(judge(after, before))

    assert found[3].startswith(f"the assignment of {expected}")
    back = [message for *_, message in said(judge(before, after))]
    assert all(one.endswith("silver becomes gold (retention_max_days 60 becomes 90)") for one in back)


def test_entries_in_another_order_that_change_no_tier_are_no_finding(judge: Judge, tmp_path: Path) -> None:
    """Nobody goes anywhere."""
    moved = ("  - tier: gold\n    tags: {backup-tier: gold}\n", "")
    after, before = changed(tmp_path, TIERS, moved, ("assignment:\n", f"assignment:\n{moved[0]}"))

    assert said(judge(after, before)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("waiver_max_findings: 50", "waiver_max_findings: 51", "controls.waiver_max_findings"),
        ("  copy_max_age_rpos: 2", "  copy_max_age_rpos: 3", "controls.copy_max_age_rpos"),
        ("  quota_used_percent: 90\n", "  quota_used_percent: 91\n", "controls.quota_used_percent"),
        ("accepted_completions: []", "accepted_completions: [{resource_type: S3, category: ANY}]",
         "evidence.accepted_completions"),
        ("[Aurora, DSQL,", "[Aurora,", "organization.resource_types"),
        ("  compliance_grace_days: 3\n", "  compliance_grace_days: 4\n",
         "organization.compliance_grace_days"),
    ],
)  # fmt: skip
def test_a_parameter_that_lets_more_pass_is_a_finding(
    judge: Judge, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """The other way round it is none."""
    after, before = changed(tmp_path, PARAMETERS, (old, new))

    found = said(judge(after, before))

    assert [(verdict, expected in message) for verdict, _, _, message in found] == [(WEAKER, True)]
    assert said(judge(before, after)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('* SUN *)", copy: true}', '* SUN *)", copy: false}', ["organization.schedules"]),
        ("copy_regions: {}", "copy_regions: {eu-west-1: eu-north-1}", ["organization.copy_regions"]),
        ("management: [DynamoDB]", "management: []", ["organization.copy_needs_full_management"]),
        ("timezone: Etc/UTC", "timezone: Europe/Berlin", []),
        ("name_prefix: backup-", "name_prefix: saved-", []),
    ],
)
def test_what_a_push_may_make_fewer_backups_by_is_open(
    judge: Judge, tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    """Another name is none of it."""
    after, before = changed(tmp_path, PARAMETERS, (old, new))

    for found in (said(judge(after, before)), said(judge(before, after))):
        assert [(verdict, where.replace("/", ".")) for verdict, where, *_ in found] == [
            (OPEN, name) for name in expected
        ]
        assert {message for *_, message in found} <= {
            "it is another, and whether a push makes fewer backups or copies by it is not known"
        }


def waivers(file: Path, *entries: dict[str, Any]) -> Path:
    """A file of waivers."""
    file.write_text(yaml.safe_dump({"waivers": [*entries]}), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([WAIVER], 0),
        ([WAIVER | {"expires": "2026-06-29"}], 0),
        ([WAIVER | {"expires": "2026-07-01"}], 1),
        ([WAIVER | {"account": "444455556666"}], 1),
        ([WAIVER, WAIVER | {"control_id": "BKP-RET-001"}], 1),
        ([], 0),
    ],
    ids=["same", "shorter", "longer", "wider", "another", "none"],
)
def test_a_waiver_that_is_new_or_longer_is_a_finding(
    judge: Judge, tmp_path: Path, entries: list[dict[str, Any]], count: int
) -> None:
    """What it covers stands in the sentence; one that ends earlier, or is gone, is none."""
    before = waivers(tmp_path / "before.yaml", WAIVER)

    found = said(judge(waivers(tmp_path / "waivers.yaml", *entries), before))

    assert [verdict for verdict, *_ in found] == [WEAKER] * count
    assert all("the waiver of BKP-" in message and "are waived until" in message for *_, message in found)


ATTESTATION = {
    **{key: WAIVER[key] for key in ("account", "expires")},
    "control_id": "BKP-REC-001",
    "statement": "It was restored by hand.",
    "attested_by": "Security board",
    "attested_on": "2026-01-01",
    "evidence": "restore.pdf",
    "sha256": "0" * 64,
}
RESPONSE = {"cause": "cause-0123456789ab", "response": "It moves.", "owner": "Storage", "due": "2026-06-30"}


@pytest.mark.parametrize(
    ("kind", "entry", "changes", "said_so"),
    [
        ("attestations", ATTESTATION, {}, []),
        ("attestations", ATTESTATION, {"expires": "2026-06-29"}, []),
        (
            "attestations",
            ATTESTATION,
            {"expires": "2026-07-01"},
            [(WEAKER, "is attested until 2026-07-01, and")],
        ),
        (
            "attestations",
            ATTESTATION,
            {"account": "444455556666"},
            [(WEAKER, "444455556666 is attested until")],
        ),
        ("attestations", ATTESTATION, None, []),
        ("responses", RESPONSE, {}, []),
        ("responses", RESPONSE, {"due": "2026-06-29", "owner": "Others"}, []),
        (
            "responses",
            RESPONSE,
            {"due": "2026-07-01"},
            [(WEAKER, "due on 2026-07-01, and no longer on 2026-06-30")],
        ),
        (
            "responses",
            RESPONSE,
            None,
            [("INSUFFICIENT_DATA", "whether cause-0123456789ab is, too, is not known")],
        ),
    ],
)
def test_attestations_and_responses_that_promise_less(
    judge: Judge, tmp_path: Path, kind: str, entry: Any, changes: Any, said_so: list[tuple[str, str]]
) -> None:
    """An attestation in place of evidence that is new or longer, and a response that is due later."""
    now = [] if changes is None else [entry | changes]
    for name, entries in (("before", [entry]), ("now", now)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({kind: entries}), encoding="utf-8")

    found = said(judge(tmp_path / "now.yaml", tmp_path / "before.yaml"))

    assert [verdict for verdict, *_ in found] == [verdict for verdict, _ in said_so]
    assert all(text in message for (*_, message), (_, text) in zip(found, said_so, strict=True))


@pytest.mark.long
def test_controls_that_are_gone_lower_or_others(judge: Judge, tmp_path: Path) -> None:
    """What only asks in other words is unknown: a run shows what becomes of its findings."""
    before, after = tmp_path / "before", tmp_path / "policies"
    for folder in (before, after):
        shutil.copytree(policies_folder(), folder)
    controls = after / "controls"
    shutil.rmtree(controls / "coverage" / "bucket_versioned")
    lower = controls / "governance" / "within_quotas" / "within_quotas.rego"
    text = lower.read_text(encoding="utf-8")
    severity = next(line for line in text.splitlines() if line.startswith("#   severity"))
    lower.write_text(text.replace(severity, "#   severity: low"), encoding="utf-8")
    other = controls / "retention"
    rego = next(one for one in sorted(other.rglob("*.rego")) if not one.stem.endswith("_test"))
    rego.write_text(f"{rego.read_text(encoding='utf-8')}\nextra := 1\n", encoding="utf-8")
    frameworks = after / "frameworks"
    shutil.rmtree(frameworks)

    found = said(judge(after, before))

    assert sorted((verdict, "less than before" in message) for verdict, _, _, message in found) == [
        (OPEN, False), (WEAKER, True), (WEAKER, True),
    ]  # fmt: skip
    assert said(judge(lower, before)) == found
    assert said(judge(after, after)) == []


@pytest.mark.parametrize("file", [TIERS, PARAMETERS, policies_folder() / "frameworks" / "dora.yaml"])
def test_without_a_base_it_is_only_read(judge: Judge, file: Path) -> None:
    """The output says that there is nothing to compare it with, where it could be weaker."""
    result = judge(file)

    assert (said(result), result.exit_code) == ([], 0)
    assert [one for one in result.assumed if one.startswith(str(file))] == [
        f"{file}: there is nothing to compare it with (--diff-base), so whether it demands less is not known"
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tiers: {gold: {required: true}}\nassignment: []\ndefault: gold\n", "x.yaml:1"),
        ("tiers: {gold: {required: false}}\nassignment: []\ndefault: silver\n", "there is no tier 'silver'"),
        ("waivers:\n- {control_id: BKP-COV-999}\n", "x.yaml:2"),
        ("responses:\n- {cause: a}\n", "x.yaml:2"),
        ("title: t\nsource: https://example.com\nrequirements: [1]\n", "x.yaml:3"),
        ("controls: {copy_max_age_rpos: 0}\norganization: {}\n", "x.yaml:1"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(judge: Judge, tmp_path: Path, text: str, why: str) -> None:
    """As an audit refuses it, with exit code 2."""
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=re.escape(why)):
        judge(file)


def test_a_link_in_a_folder_of_policies_is_refused(judge: Judge, tmp_path: Path) -> None:
    """It may lead anywhere."""
    (tmp_path / "controls").mkdir()
    (tmp_path / "controls" / "x.rego").symlink_to("/etc/passwd")

    with pytest.raises(AuditorError, match=r"has no symbolic link; copy the file\."):
        judge(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({}, {"fail_on": "high"}, ["fail_on"]),
        ({}, {"fail_on": "never"}, ["fail_on"]),
        ({"fail_on": "never"}, {"fail_on": "critical"}, []),
        ({}, {"max_waiver_days": 400}, ["max_waiver_days"]),
        ({}, {"max_attestation_days": 400}, ["max_attestation_days"]),
        ({}, {"regions": ("eu-west-1",)}, ["regions"]),
        ({"regions": ("eu-west-1",)}, {"regions": ("eu-west-1", "eu-west-2")}, []),
        ({"accounts": ("111122223333", "444455556666")}, {"accounts": ("111122223333",)}, ["accounts"]),
        ({}, {"accounts": "caller"}, ["accounts"]),
        ({"accounts": "caller"}, {}, []),
        ({}, {"deleted_resources": "list", "framework": "iso"}, ["deleted_resources", "framework"]),
        ({"deleted_resources": "ignore"}, {}, []),
        ({"framework": "iso"}, {}, ["framework"]),
        ({"accounts": "caller"}, {"accounts": ("111122223333",)}, ["accounts"]),
    ],
)
def test_settings_that_leave_something_out_are_a_finding(
    catalogue: Catalogue, before: dict[str, Any], after: dict[str, Any], names: list[str]
) -> None:
    """Those that judge, though nobody names their file."""
    then, now = (demanded((), catalogue, Settings(as_of=AS_OF, **held)) for held in (before, after))

    changes = [one for reading in policy_readings(now, then) for one in reading.changes]

    assert [(one.kind, one.name) for one in changes] == [("setting", name) for name in names]
    assert all(bool(one.fault) is bool({"caller", "iso"} & {*before.values()}) for one in changes)


@pytest.mark.long
def test_a_weaker_tiers_file_of_a_pull_request_is_told(command: Said, git: Git, tmp_path: Path) -> None:
    """Once, though it judges and is named; also where only the settings name it."""
    options = ("--tiers", "tiers.yaml", "--diff-base", "HEAD")
    shutil.copy(TIERS, tmp_path / "tiers.yaml")
    shutil.copy(TIERS, tmp_path / "other.yaml")
    commit(git)
    changed(tmp_path, tmp_path / "tiers.yaml", ("rpo_hours: 24", "rpo_hours: 48"))

    named = command("check", "tiers.yaml", *options)
    judging = command("check", "other.yaml", *options)

    for code, out, _ in (named, judging):
        assert code == 3
        assert out.count("the tier gold demands less than before: rpo_hours 24 becomes 48") == 1
