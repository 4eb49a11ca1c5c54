"""`auditor check`: what it prints, its exit codes, and what it refuses, whoever wrote the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from auditor.check import input_files, inputs
from tests.check.conftest import Check, Said, said_of
from tests.check.terraform import Plan, protected, volume

SCHEMA = Path(inputs.__file__).with_name("check.schema.json")


def written(path: Path, document: Any) -> Path:
    """A document in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_findings_are_printed_worst_first_with_a_summary(command: Said, tmp_path: Path) -> None:
    """Verdict, severity, control, address and file; why; how to mend it; and the counts in one line."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").first())

    code, out, err = command("check", plan, "--unit", "", "--as-of", "2026-02-01T00:00:00Z")

    lines = out.splitlines()
    assert (code, err) == (3, "")
    assert lines[0] == f"finding high BKP-COV-001 aws_ebs_volume.other ({plan})"
    assert lines[1] == "    no rule of any backup plan protects it; tier bronze demands backups"
    assert lines[2].startswith("      - gold / gold: ListOfTags: no entry matches the tags.")
    assert "Near miss: value 'Gold' of tag backup-tier differs from 'gold' by case only." in lines[2]
    assert lines[3].startswith("    fix: Give the resource the tag")
    assert lines[-1] == "6 compliant, 1 finding, 0 unknown, 0 not looked at, 0 waived"


def test_the_json_has_the_shape_of_its_schema(command: Said, tmp_path: Path) -> None:
    """Closed, and the same whenever it is written."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").first())
    arguments = ("check", plan, "--format", "json", "--as-of", "2026-02-01T00:00:00Z")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)

    code, out, _ = command(*arguments)

    document = json.loads(out)
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert document["summary"]["exit_code"] == code == 3
    assert document["entries"][0]["subject"]["address"] == "aws_ebs_volume.other"
    assert command(*arguments)[1] == out


def test_fail_on_says_which_findings_fail(command: Said, tmp_path: Path) -> None:
    """A high finding is below critical."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other").first())

    assert command("check", plan, "--unit", "", "--fail-on", "high")[0] == 3
    assert command("check", plan, "--unit", "", "--fail-on", "critical")[0] == 0
    assert command("check", plan, "--unit", "", "--fail-on", "never")[0] == 0


def test_a_plan_with_nothing_to_judge_is_no_pass(command: Said, tmp_path: Path) -> None:
    """What is declared and not judged is counted."""
    plan = written(tmp_path / "plan.json", Plan().add("aws_iam_user.one", name="one").first())

    code, out, _ = command("check", plan)

    assert code == 4
    assert out.splitlines()[-1] == "0 compliant, 0 findings, 0 unknown, 1 not looked at, 0 waived"


def test_a_folder_is_searched_and_what_is_of_no_format_is_counted(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hidden folders and links are left out; a folder without any input is refused."""
    written(tmp_path / "in" / "a" / "plan.json", protected().first())
    written(tmp_path / "in" / "package.json", {"name": "web", "padding": "x" * 20_000})
    written(tmp_path / "in" / ".terraform" / "modules.json", {"Modules": []})
    written(tmp_path / "out.json", volume(protected(), "other").first())
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "out.json")

    monkeypatch.setattr(inputs, "MOST_BYTES", 25_000)  # of which only inputs take something
    code, out, _ = command("check", tmp_path / "in", "--unit", "")

    assert code == 0
    assert out.splitlines()[-1] == "6 compliant, 0 findings, 0 unknown, 1 not looked at, 0 waived"
    assert command("check", tmp_path / "in" / ".terraform")[0] == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"format_version": "1.2", "resource_changes": [', "it is not JSON"),
        ('{"format_version": "1.2", "resource_changes": []}'.encode("utf-16"), "is not UTF-8"),
        (b"Resources: {}\n#" + b"x" * (1 << 20), "it has more than 1 MiB"),
        (b"a: [", "this is not YAML"),
        (b"a: []", ""),
        (b"[]", ""),
        (b"", ""),
    ],
    ids=["cut", "utf-16", "large", "no-yaml", "yaml", "json", "empty"],
)
def test_a_file_of_a_folder_that_cannot_be_understood_is_refused(
    command: Said, tmp_path: Path, data: bytes, said: str
) -> None:
    """It may be of any format; what can be understood and is of none is passed over by its name."""
    written(tmp_path / "in" / "plan.json", protected().first())
    other = tmp_path / "in" / "other.yaml"
    other.write_bytes(data)

    code, out, err = command("check", tmp_path / "in", "--unit", "")

    if said:
        assert (code, out) == (1, "")
        assert str(other) in err
        assert said in err
    else:
        assert code == 0
        assert f"not looked at: {other} (of no format that is read)" in out.splitlines()


def test_of_many_files_that_are_passed_over_the_first_are_named(command: Said, tmp_path: Path) -> None:
    """The JSON names all of them."""
    written(tmp_path / "in" / "plan.json", protected().first())
    for number in range(11, 22):
        written(tmp_path / "in" / f"{number}.json", [])

    _, out, _ = command("check", tmp_path / "in", "--unit", "")

    said = [line for line in out.splitlines() if line.startswith("not looked at: ")]
    assert len(said) == 11
    assert said[9] == f"not looked at: {tmp_path / 'in' / '20.json'} (of no format that is read)"
    assert said[10] == "not looked at: 1 more file; --format json has them all"


DEEP = '{"format_version":"1.2","resource_changes":' + "[" * 900 + "]" * 900 + "}"
TOO_DEEP = "[" * 100_000 + "]" * 100_000
CHANGE = {
    "address": "aws_ebs_volume.a",
    "type": "aws_ebs_volume",
    "name": "a",
    "change": {"actions": ["create"]},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty; write it again, and look at what that says."),
        (" \n", "it is empty; write it again, and look at what that says."),
        ("\x00\x01", "this is not YAML"),
        ("a: !!python/object:os.system {}", "is not read"),
        ("a: &a [*a]", "within the part that it repeats"),
        (
            'Resources: {A: {Type: "AWS::S3::Bucket", Properties: {BucketName: "\\ud800"}}}',
            "plan.json:1: this is not YAML",
        ),
        ("{", "it is not JSON"),
        ("[]", "of no format that is known"),
        ("null", "of no format that is known"),
        ('"text"', "of no format that is known"),
        ('{"Statement": []}', "of no format that is known"),
        (DEEP, "levels deep"),
        (TOO_DEEP, "it is not JSON"),
        ('{"format_version": "2.0", "resource_changes": []}', "format_version 2.0 is not known"),
        ('{"format_version": "1.2", "resource_changes": [1]}', "is no change"),
        ('{"format_version": "1.2", "resource_changes": {"a": 1}}', "no list"),
        ('{"format_version": "1.2", "resource_changes": 7}', "no list"),
        (
            '{"format_version": "1.2", "resource_changes": [{"type": "aws_a", "change": {}}]}',
            "has no address",
        ),
    ],
    ids=range(18),
)
def test_what_cannot_be_read_is_refused_in_one_sentence(
    command: Said, tmp_path: Path, text: str, said: str
) -> None:
    """Exit code 1: neither a crash nor a pass."""
    code, out, err = command("check", written(tmp_path / "plan.json", text))

    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 0


def test_a_file_that_is_too_large_is_not_read(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files of a check together have a limit."""
    first, second = (written(tmp_path / f"{n}.json", protected().first()) for n in range(2))
    monkeypatch.setattr(inputs, "MOST_BYTES", first.stat().st_size + 1)

    assert command("check", first, "--unit", "")[0] == 0
    code, _, err = command("check", first, second, "--unit", "")

    assert code == 1
    assert f"{second}: the inputs of a check have at most" in err


def test_a_file_of_too_many_objects_is_not_read(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes far more memory than it has bytes in the file."""
    monkeypatch.setattr(input_files, "MOST_CONTAINERS", 10)

    code, _, err = command("check", written(tmp_path / "plan.json", protected().first()))

    assert code == 1
    assert "more than 10 lists and objects" in err


def test_a_finding_that_somebody_has_accepted_is_waived(command: Said, tmp_path: Path) -> None:
    """By the waivers of the audit, as long as they hold."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").second())
    waiver = {
        "control_id": "BKP-COV-001",
        "subject": "arn:aws:ec2:*:111122223333:volume/*",
        "reason": "rebuilt every night",
        "approved_by": "owner",
        "expires": "2026-02-28",
    }
    waivers = written(tmp_path / "waivers.yaml", {"waivers": [waiver]})

    for day, code, counts in (
        ("2026-02-28", 0, "0 findings, 0 unknown, 0 not looked at, 1 waived"),
        ("2026-03-01", 3, "1 finding, 0 unknown, 0 not looked at, 0 waived"),
    ):
        found = command("check", plan, "--unit", "", "--waivers", waivers, "--as-of", f"{day}T12:00:00Z")
        assert found[0] == code
        assert found[1].splitlines()[-1] == f"6 compliant, {counts}"


def test_a_long_name_makes_no_long_line(command: Said, tmp_path: Path) -> None:
    """The JSON has all of it."""
    plan = written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="x" * 50_000).first())

    code, out, _ = command("check", plan, "--unit", "")

    assert code == 3
    assert max(map(len, out.splitlines())) < 2_010


@pytest.mark.parametrize(
    ("option", "value"), [("--account", "12"), ("--account", "x" * 12), ("--region", "here")]
)
def test_an_account_and_a_region_have_their_form(
    command: Said, tmp_path: Path, option: str, value: str
) -> None:
    """Another word is told before anything is read."""
    code, _, err = command("check", written(tmp_path / "plan.json", {}), option, value)

    assert code == 2
    assert f"{value!r} is none" in err


def test_a_link_out_of_its_folder_is_not_followed(command: Said, tmp_path: Path) -> None:
    """A link to a file beside it is."""
    plan = written(tmp_path / "else" / "plan.json", protected().first())
    beside, away = tmp_path / "else" / "link.json", tmp_path / "link.json"
    beside.symlink_to(plan)
    away.symlink_to(plan)

    assert command("check", beside, "--unit", "")[0] == 0
    code, _, err = command("check", away)

    assert code == 1
    assert "symbolic link" in err


@pytest.mark.parametrize(
    "odd",
    [
        {"after": None},
        {"after": [], "after_unknown": []},
        {"after": {"tags_all": "text", "tags": 3}},
        {"after": {"tags_all": {"a": None, "b": [1], "c": {}}}},
        {"after": {"tags_all": {}}, "after_unknown": {"tags_all": [True]}},
        {"after": {"rule": "x", "selection_tag": [1], "condition": 4, "resources": {"a": 1}}},
        {"after": {"rule": [{"lifecycle": 1, "copy_action": [{}], "schedule": [], "start_window": "x"}]}},
        {"after": {"name": 7, "min_retention_days": "soon", "backup_vault_name": [], "plan_id": {}}},
        {"after": {"arn": "arn:aws", "region": 5, "id": []}},
        {"after": {"resource_type_opt_in_preference": {"EBS": "yes"}}},
    ],
    ids=range(10),
)
@pytest.mark.parametrize(
    "kind",
    [
        "aws_ebs_volume",
        "aws_s3_bucket",
        "aws_backup_plan",
        "aws_backup_selection",
        "aws_backup_vault",
        "aws_backup_vault_lock_configuration",
        "aws_backup_region_settings",
    ],
)
def test_values_of_the_wrong_shape_are_no_crash(check: Check, kind: str, odd: dict[str, Any]) -> None:
    """Beside a volume that is protected: what can be judged is, and what is odd is unknown or nothing."""
    document = protected().first()
    change = {"actions": ["create"], **odd}
    document["resource_changes"].append(
        {"address": f"{kind}.odd", "mode": "managed", "type": kind, "name": "odd", "change": change}
    )

    assert check(document).exit_code in (0, 3, 4)


@pytest.mark.parametrize("odd", [[], {"root_module": []}, {"root_module": {"resources": 3}}, 1, None])
def test_a_configuration_of_the_wrong_shape_is_no_crash(check: Check, odd: Any) -> None:
    """Then nothing can be resolved."""
    document = {**protected().first(), "configuration": odd, "variables": odd, "prior_state": odd}

    assert check(document).counts.get("NON_COMPLIANT", 0) == 0


def test_references_that_run_in_a_circle_stay_unknown(check: Check) -> None:
    """An output that refers to a variable that refers to the output."""
    plan = protected()
    plan.output("module.a", "x", "var.y").call("module.a", y=["module.a.x"])
    document = plan.first()
    change = next(one for one in document["resource_changes"] if one["type"] == "aws_backup_selection")
    configured = next(one for one in plan.module("")["resources"] if one["type"] == "aws_backup_selection")[
        "expressions"
    ]
    configured["plan_id"] = {"references": ["module.a.x"]}
    change["change"]["after_unknown"]["plan_id"] = True

    result = check(document)

    assert ("BKP-COV-001", "aws_ebs_volume.data", "INSUFFICIENT_DATA", "evidence_gap") in said_of(result)
    assert "NON_COMPLIANT" not in result.counts


def test_letters_that_move_the_cursor_are_shown_as_codes(command: Said, tmp_path: Path) -> None:
    """In names, tags and addresses: neither colours nor workflow commands are made of them."""
    name = "::error::x\x1b[31m\n::error::\u202ea ##[error]b"
    plan = protected().add(
        'aws_ebs_volume.all["k"]', tags_all={"backup-tier": name}, tags={"backup-tier": name}
    )
    document = plan.first()
    for change in document["resource_changes"]:
        change["change"]["after"]["name"] = name
    document["resource_changes"][-1]["address"] = f'aws_ebs_volume.all["{name}"]'

    code, out, _ = command("check", written(tmp_path / "plan.json", document), "--unit", "")

    assert code == 3
    assert not {"\x1b", "\u202e"} & set(out)
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in out


def test_no_line_of_any_kind_is_a_command_or_endless(command: Said, tmp_path: Path) -> None:
    """What is incomplete or assumed is said as briefly and safely as a finding."""
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": f"##[error]{'x' * 50_000}"}

    _, out, _ = command("check", written(tmp_path / "##[error]t.json", template))

    assert "incomplete: " in out
    assert "##[" not in out
    assert max(map(len, out.splitlines())) < 2_010


def test_of_many_assumptions_the_first_are_said(command: Said, tmp_path: Path) -> None:
    """As of what is incomplete, the JSON has all of them."""
    template = {"Transform": "OurMacro", "Parameters": {"A": {"Default": "a"}}, "Resources": {"a": {}}}
    for number in range(11, 23):
        written(tmp_path / "in" / f"{number}.json", template)

    lines = command("check", tmp_path / "in", "--unit", "")[1].splitlines()

    for label, noun in (("assumed", "sentences"), ("incomplete", "inputs")):
        said = [line for line in lines if line.startswith(f"{label}: ")]
        assert len(said) == 11
        assert said[10].startswith(f"{label}: ")
        assert said[10].endswith(f" more {noun}; --format json has them all")
