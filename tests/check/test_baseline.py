"""`--baseline`: only what is new counts, whatever has moved, and nothing new is taken for old."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.check import baseline
from auditor.check.baseline import Baseline
from auditor.check.document import to_document
from auditor.check.result import CheckEntry
from auditor.model.verdicts import Severity, Verdict
from tests.check.conftest import Check, Said
from tests.check.results import entry, rendered, result
from tests.check.terraform import Later, Plan, protected, volume
from tests.check.test_check_command import written
from tests.check.test_cloudformation import TEMPLATE

VERDICTS = st.sampled_from([Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA, Verdict.WAIVED, Verdict.ERROR])
ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["a", "b"]),
        VERDICTS,
        st.sampled_from(Severity),
        control=st.sampled_from(["BKP-COV-001", "BKP-RET-001"]),
        file=st.sampled_from(["plan.json", "./plan.json", "t.yaml"]),
        line=st.integers(0, 3),
        codes=st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=3).map(tuple),
        subject_type=st.sampled_from(["resource", "plan"]),
    ),
    max_size=8,
)


def of(entries: list[CheckEntry], folder: Path, **changes: Any) -> Baseline:
    """The baseline that a check with these entries prints."""
    return Baseline.of(written(folder / "base.json", to_document(result(*entries, **changes))))


def reasons(entries: list[CheckEntry]) -> Counter[tuple[str, ...]]:
    """How often each reason is said, by all that it is known by."""
    return Counter(
        (
            one.control_id,
            one.declaration.file.removeprefix("./"),
            *(one.declaration.address, one.subject_type, reason.code, str(one.verdict)),
        )
        for one in entries
        for reason in one.reasons
    )


@given(before=ENTRIES, after=ENTRIES)
def test_old_is_what_was_said_before_and_new_is_all_else(
    tmp_path_factory: pytest.TempPathFactory, before: list[CheckEntry], after: list[CheckEntry]
) -> None:
    """Nothing is lost; no more is old than was said; whatever was said less often before is new."""
    new, old = of(before, tmp_path_factory.getbasetemp()).split(after)

    assert sorted(map(id, [*new, *old])) == sorted(map(id, after))
    assert reasons(old) <= reasons(before)
    assert not [one for one in old if one.verdict is Verdict.ERROR]
    said_less = reasons(after) - reasons(before)
    assert set(said_less) <= set(reasons(new))
    for one in new:
        left = reasons(before) - reasons(old)
        assert one.verdict is Verdict.ERROR or not reasons([one]) <= left


@given(entries=ENTRIES, data=st.data())
def test_an_order_and_a_line_are_nothing_new(
    tmp_path_factory: pytest.TempPathFactory, entries: list[CheckEntry], data: st.DataObject
) -> None:
    """The same entries, wherever in their files they stand now: only a control that failed is not old."""
    moved = [
        entry(
            one.declaration.address,
            one.verdict,
            data.draw(st.sampled_from(Severity)),
            control=one.control_id,
            file=one.declaration.file,
            line=data.draw(st.integers(0, 9)),
            codes=tuple(reason.code for reason in one.reasons),
            subject_type=one.subject_type,
        )
        for one in data.draw(st.permutations(entries))
    ]

    new, _ = of(entries, tmp_path_factory.getbasetemp()).split(moved)

    assert new == [one for one in moved if one.verdict is Verdict.ERROR]


KNOWN = entry("a", line=3)


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ({}, False),
        ({"line": 9}, False),
        ({"file": "./plan.json"}, False),
        ({"severity": Severity.LOW, "title": "t", "fix": "f", "arn": "arn:other", "region": "r"}, False),
        ({"control": "BKP-RET-001"}, True),
        ({"file": "other.json"}, True),
        ({"address": "b"}, True),
        ({"subject_type": "plan"}, True),
        ({"codes": ("other",)}, True),
        ({"codes": ("not_selected", "other")}, True),
        ({"codes": ("not_selected", "not_selected")}, True),
        ({"verdict": Verdict.INSUFFICIENT_DATA}, True),
    ],
)
def test_by_what_an_entry_is_known_again(tmp_path: Path, changes: dict[str, Any], *, new: bool) -> None:
    """Control, file, address, subject, code and verdict; neither line nor words."""
    found = entry(**{"address": "a", "line": 3, **changes})

    assert of([KNOWN], tmp_path).split([found]) == (([found], []) if new else ([], [found]))


def test_a_waiver_that_has_ended_and_what_became_worse_are_new(tmp_path: Path) -> None:
    """What was waived or unknown before was no finding; and the other way round it is said too."""
    for before in (Verdict.WAIVED, Verdict.INSUFFICIENT_DATA):
        assert of([entry("a", before)], tmp_path).split([KNOWN]) == ([KNOWN], [])


def test_what_was_old_is_old_again(tmp_path: Path) -> None:
    """A check against a baseline can be the baseline of the next one."""
    assert of([], tmp_path, old=[KNOWN]).split([KNOWN]) == ([], [KNOWN])


def test_only_new_findings_are_shown_and_fail(command: Said, tmp_path: Path) -> None:
    """The first plan's finding is old, whatever else the plan has; a second volume's is new.

    A lock for good is no finding, and is said whatever the baseline has.
    """
    options = ("--unit", "", "--as-of", "2026-02-01T00:00:00Z")
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").first())
    base = tmp_path / "base.json"
    assert command("check", plan, *options, "--output", f"json={base}")[0] == 3

    code, out, err = command("check", plan, *options, "--baseline", base)
    assert (code, err) == (0, "")
    lock = f"aws_backup_vault.main, {plan}"
    assert out.splitlines() == [
        f"for good: nobody can undo the lock of vault main ({lock}) from 3 days after it is made on",
        "assumed: resource types are opted in (no input declares the opt-in of a Region)",
        f"baseline: only what is new against {base} counts",
        "6 compliant, 0 findings, 0 unknown, 0 not looked at, 0 waived, 1 old (in the baseline)",
    ]

    written(plan, volume(volume(protected(), "third"), "other", backup_tier="Gold").first())
    code, out, _ = command("check", plan, *options, "--baseline", base)
    assert (code, out.count("finding high")) == (3, 1)
    assert out.startswith(f"finding high BKP-COV-001 aws_ebs_volume.third ({plan})\n")
    found = json.loads(command("check", plan, *options, "--baseline", base, "--format", "json")[1])
    assert [one["subject"]["address"] for one in found["entries"]] == ["aws_ebs_volume.third"]
    assert [one["subject"]["address"] for one in found["old"]] == ["aws_ebs_volume.other"]
    assert {name: found["summary"][name] for name in ("findings", "old", "exit_code")} == {
        "findings": 1,
        "old": 1,
        "exit_code": 3,
    }
    assert command("check", plan, *options, "--baseline", base, "--fail-on", "critical")[0] == 0


def test_a_finding_that_moved_within_its_file_is_not_new(command: Said, tmp_path: Path) -> None:
    """A template with a comment before it; one that has another name there is new."""
    other = "  Other:\n    Type: AWS::EC2::Volume\n"
    template = written(tmp_path / "t.yaml", TEMPLATE.replace("  Data:\n", f"{other}  Data:\n"))
    base = tmp_path / "base.json"
    before = command("check", template, "--unit", "", "--format", "json")
    written(base, before[1])

    moved = TEMPLATE.replace("  Data:\n", f"  # moved\n\n{other}  Data:\n")
    code, out, _ = command("check", written(template, moved), "--unit", "", "--baseline", base)
    assert (before[0], code, "1 old (in the baseline)" in out) == (3, 0, True)

    renamed = moved.replace("Other:", "Another:")
    code, out, _ = command("check", written(template, renamed), "--unit", "", "--baseline", base)
    assert (code, "finding high BKP-COV-001 Another" in out, " old" in out) == (3, True, False)


def test_an_old_unknown_fails_nothing_and_what_proves_nothing_always_does(
    check: Check, tmp_path: Path
) -> None:
    """`--fail-on-unknown` asks for what is new; a plan that failed or cannot be judged is never old."""

    def twice(plan: Plan) -> tuple[int, int]:
        """The exit code of a check, and of the same one with the first as its baseline."""
        first = check(plan.first(), fail_on_unknown=True)
        base = Baseline.of(written(tmp_path / "base.json", rendered("json", first)[0]))
        return first.exit_code, check(plan.first(), fail_on_unknown=True, baseline=base).exit_code

    hidden = Later({}, ["var.tags"])
    judged = protected().add("aws_ebs_volume.late", tags=hidden, tags_all=hidden, arn=Later("x"))
    assert twice(judged) == (4, 0)
    judged.more["errored"] = True
    assert twice(judged) == (4, 4)
    assert twice(volume(Plan(), "data", backup_tier="silver")) == (4, 4)


GOOD = to_document(result(KNOWN))
HEAD = {name: GOOD[name] for name in ("schema_version", "as_of", "policies_sha256")}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("\x00", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is no result of a check (the document:"),
        ("null", "it is no result of a check (the document:"),
        ({}, "it is no result of a check (the document:"),
        ({"schema_version": "2.0", "findings": []}, "it is no result of a check ("),
        ({**HEAD, "schema_version": "2.0", "entries": []}, "it is no result of a check (schema_version:"),
        ({**HEAD, "entries": {}}, "it is no result of a check (entries:"),
        ({**HEAD, "entries": [{}]}, "it is no result of a check (entries/0:"),
        ({**HEAD, "entries": [{**GOOD["entries"][0], "reasons": []}]}, "(entries/0/reasons:"),
        ({**HEAD, "entries": [{**GOOD["entries"][0], "verdict": "BAD"}]}, "(entries/0/verdict:"),
        ({**HEAD, "entries": [], "old": [1]}, "(old/0:"),
        ({**HEAD, "entries": [{"\x1b[2J\n" * 9_000: 1}]}, "(entries/0:"),
    ],
)
def test_a_baseline_of_a_wrong_form_is_refused_in_a_sentence(
    command: Said, tmp_path: Path, document: Any, said: str
) -> None:
    """With exit code 2, before anything is judged, and with nothing on stdout."""
    plan = written(tmp_path / "plan.json", protected().first())
    base = written(tmp_path / "base.json", document)

    code, out, err = command("check", plan, "--baseline", base)

    assert (code, out, err.count("\n")) == (2, "", 0)
    assert err.startswith(f"auditor: {base}:")
    assert said in err
    assert err.endswith("; a baseline is what `auditor check --format json` prints.")
    assert len(err) < 800
    assert err.isprintable()


def test_a_baseline_that_cannot_be_read_is_refused(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, a folder, and one byte more than is read; as many as are read are taken."""
    plan = written(tmp_path / "plan.json", protected().first())
    base = written(tmp_path / "base.json", GOOD)

    for file, why in ((tmp_path / "none", "no such file or directory"), (tmp_path, "is a directory")):
        assert command("check", plan, "--baseline", file) == (
            2,
            "",
            f"auditor: {file}: {why}; name a file that can be read.",
        )
    monkeypatch.setattr(baseline, "MOST_BYTES", base.stat().st_size)
    assert Baseline.of(base).split([KNOWN]) == ([], [KNOWN])
    monkeypatch.setattr(baseline, "MOST_BYTES", base.stat().st_size - 1)
    assert "it is larger than" in command("check", plan, "--baseline", base)[2]


def test_a_document_of_a_later_release_is_still_a_baseline(tmp_path: Path) -> None:
    """More keys are no wrong form."""
    later = {**GOOD, "more": 1, "entries": [{**GOOD["entries"][0], "more": {}}]}

    assert Baseline.of(written(tmp_path / "base.json", later)).split([KNOWN]) == ([], [KNOWN])
