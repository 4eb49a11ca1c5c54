"""`auditor policy input` and the bundle: a real OPA says of what inputs declare what `auditor check` says."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import Waivers
from auditor.check.policy_inputs import _told, read_policy_inputs
from auditor.check.run import CheckOptions
from auditor.evaluate.facts import Column, Frame, Hole
from auditor.model.errors import UsageError
from auditor.model.settings import Settings
from auditor.model.verdicts import Waiver
from auditor.rego.bundle import bundle
from tests.check import test_buckets, test_terraform_changes, test_vault_policies
from tests.check.conftest import AS_OF, Check, Said
from tests.check.policies import policy
from tests.check.terraform import (
    Later,
    Plan,
    backup_plan,
    by_tag,
    protected,
    rule,
    selection,
    vault,
    volume,
)
from tests.check.test_backup_documents import plan as api_plan

PAGE = Path(__file__).resolve().parents[2] / "docs" / "check.md"


def weekly() -> Plan:
    """A plan that is too rare for what it selects, and keeps it in a vault without a lock."""
    plan = backup_plan(vault(Plan(), locked=False), "weekly", rule(schedule="cron(0 0 ? * 1 *)"))
    return volume(selection(plan, "all", "weekly", resources=["*"]), "data", backup_tier="gold")


def errored() -> Plan:
    """A plan that is not whole."""
    plan = volume(protected(), "other", backup_tier="gold")
    plan.more = {"errored": True}
    return plan


#: What is declared, each case with findings, passes or unknowns of its own.
CASES: Mapping[str, Any] = {
    "protected": protected().first(),
    "applied": protected().second(),
    "near miss": volume(protected(), "other", backup_tier="Gold").first(),
    "weekly": weekly().first(),
    "unknown tags": selection(
        volume(protected(), "other", backup_tier="silver"), "s", "gold", selection_tag=Later([], ["var.t"])
    ).first(),
    "no plan": volume(Plan(), "data", backup_tier="gold").first(),
    "not whole": errored().first(),
    "short": backup_plan(protected(), "short", rule(lifecycle=[{"delete_after": 7}])).first(),
    "for a tier": selection(
        backup_plan(vault(Plan()), "gold", rule(schedule="cron(0 0 ? * 1 *)")),
        "gold",
        "gold",
        selection_tag=by_tag("gold"),
    ).first(),
    "deleted": test_terraform_changes.changed("aws_backup_vault", ["delete"]).first(),
    "open vault": test_vault_policies.plan(
        test_vault_policies.document(test_vault_policies.statement())
    ).first(),
    "unknown policy": test_vault_policies.plan(Later("{}", ["var.policy"])).first(),
    "bucket": test_buckets.versioning(test_buckets.bucket(), "Suspended").first(),
    "unknown versioning": test_buckets.versioning(test_buckets.bucket(), Later([], ["var.v"])).first(),
    "organization": policy(),
    "api": api_plan(),
}


def inputs_of(tmp_path: Path, catalogue: Catalogue, document: Any) -> list[dict[str, Any]]:
    """The inputs of the bundle of one document."""
    file = tmp_path / "input-1.json"
    file.write_bytes(orjson.dumps(document))
    return read_policy_inputs([file], catalogue, Settings(as_of=AS_OF), CheckOptions(unit=""))[1]


def each(program: str, made: bytes, tmp_path: Path, inputs: Any) -> list[dict[str, Any]]:
    """What the bundle says of each input, by the real OPA."""
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(made)
    command = [program, "eval", "--strict-builtin-errors", "--bundle", str(file), "--stdin-input"]
    done = subprocess.run(
        [*command, "--format", "raw", "data.auditor.each"],
        input=orjson.dumps(inputs, default=dict),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return list(json.loads(done.stdout))


@pytest.mark.opa
def test_opa_says_of_what_is_declared_what_the_check_says(
    check: Check, catalogue: Catalogue, tmp_path: Path, opa_program: str
) -> None:
    """Each verdict of each case, and of each finding the sentences; what is unknown is unknown."""
    inputs = {name: inputs_of(tmp_path, catalogue, document) for name, document in CASES.items()}
    ours = {name: check(document) for name, document in CASES.items()}

    said = each(
        opa_program,
        bundle(catalogue, Waivers()),
        tmp_path,
        [one for found in inputs.values() for one in found],
    )

    at = 0
    verdicts = Counter[str]()
    for name, found in inputs.items():
        told, at = said[at : at + len(found)], at + len(found)
        theirs = Counter(one["verdict"] for subject in told for one in subject["verdicts"].values())
        verdicts += theirs
        assert dict(theirs) == {word: n for word, n in ours[name].counts.items() if n}, name
        assert {
            (control, subject["address"], one["verdict"])
            for subject in told
            for control, one in subject["verdicts"].items()
            if one["verdict"] not in ("COMPLIANT", "NOT_APPLICABLE")
        } == {(one.control_id, one.declaration.address, str(one.verdict)) for one in ours[name].entries}, name
        assert sorted(sentence for subject in told for sentence in subject["deny"]) == sorted(
            f"{one.control_id} {one.declaration.address}: {reason.message}"
            for one in ours[name].entries
            if one.verdict == "NON_COMPLIANT"
            for reason in one.reasons
        ), name
    assert min(verdicts[word] for word in ("COMPLIANT", "NON_COMPLIANT", "INSUFFICIENT_DATA")) > 5


@pytest.mark.opa
@pytest.mark.parametrize(
    ("subject", "expires", "verdict"),
    [
        ("arn:aws:ec2:*:111122223333:volume/*", date(2026, 2, 1), "WAIVED"),
        ("arn:aws:ec2:*:111122223333:volume/*", date(2026, 1, 31), "NON_COMPLIANT"),
        ("arn:aws:ec2:*:111122223333:volum?/vol-*", date(2026, 3, 1), "NON_COMPLIANT"),
        ("arn:aws:ec2:eu-west-1:111122223333:volume", date(2026, 3, 1), "NON_COMPLIANT"),
    ],
)
def test_a_waiver_of_the_bundle_accepts_a_finding_until_its_last_day(
    catalogue: Catalogue, tmp_path: Path, opa_program: str, subject: str, expires: date, verdict: str
) -> None:
    """That of the ARN whole, and of no other control; it is `deny` no longer."""
    made = [
        bundle(catalogue, Waivers((Waiver(control, subject, "why", "who", expires),)))
        for control in ("BKP-COV-001", "BKP-RET-001")
    ]
    inputs = inputs_of(tmp_path, catalogue, CASES["near miss"])

    ours, others = (
        [one for one in each(opa_program, one, tmp_path, inputs) if one["address"] == "aws_ebs_volume.other"]
        for one in made
    )

    (found,) = (one["verdicts"]["BKP-COV-001"] for one in ours)
    assert (found["verdict"], len(found["reasons"]), bool(ours[0]["deny"])) == (
        verdict,
        1,
        verdict != "WAIVED",
    )
    assert others[0]["verdicts"]["BKP-COV-001"]["verdict"] == "NON_COMPLIANT"


@pytest.mark.opa
@pytest.mark.parametrize("kind", ["unknown", "incomplete", "only_better"])
def test_a_misspelt_path_leaves_nothing_known(
    catalogue: Catalogue, tmp_path: Path, opa_program: str, kind: str
) -> None:
    """It may be meant of what a control reads; a fact that no control of the moment reads may be unknown."""
    one = inputs_of(tmp_path, catalogue, CASES["protected"])[0]
    inputs = [
        {**one, kind: ["protection.seleted"]},
        {**one, "otherwise": {**one, kind: ["protektion"]}},
        {**one, kind: ["protection.plans"]},
    ]

    said = each(opa_program, bundle(catalogue, Waivers()), tmp_path, inputs)

    assert [one["verdicts"]["BKP-COV-001"]["verdict"] for one in said] == [
        "INSUFFICIENT_DATA",
        "COMPLIANT",
        "COMPLIANT",
    ]
    assert [[text for text in one["warn"] if "no fact" in text] for one in said] == [
        ["protection.seleted is no fact of a resource; correct the path"],
        ["protektion is no fact of a resource; correct the path"],
        [],
    ]


@pytest.mark.opa
def test_what_is_no_input_is_denied(catalogue: Catalogue, tmp_path: Path, opa_program: str) -> None:
    """Whatever stands in the list, or in its place; a good list has no such sentence, nor has one alone."""
    good = inputs_of(tmp_path, catalogue, CASES["protected"])
    made = bundle(catalogue, Waivers())
    odd = ["x", 5, None, [], {}, {"subject": 5, "address": ["a"]}, {"otherwise": "x", "unknown": 5}]

    said = each(opa_program, made, tmp_path, [*odd, *good])
    alone = [each(opa_program, made, tmp_path, one) for one in (good[0], "x", {"inputs": good})]

    nothing = {"address": "", "subject": "", "verdicts": {}, "warn": []}
    nothing["deny"] = ["no control judges this input; its subject is none, or none is asked at its moment"]
    assert said == [*[nothing] * len(odd), *each(opa_program, made, tmp_path, good)]
    assert [one["deny"] for one in said[len(odd) :]] == [[]] * len(good)
    assert alone == [[said[len(odd)]], [nothing], [nothing]]


def test_what_decides_is_asked_for(tmp_path: Path, catalogue: Catalogue) -> None:
    """A tier by an organizational unit is not guessed."""
    file = tmp_path / "plan.json"
    file.write_bytes(orjson.dumps(CASES["protected"]))

    with pytest.raises(UsageError, match="say with --unit which one it is in, / for none"):
        read_policy_inputs([file], catalogue, Settings(as_of=AS_OF), CheckOptions())


def test_the_command_prints_or_writes_them(command: Said, tmp_path: Path) -> None:
    """A list of JSON; what is not whole, or declares nothing, is said, and is no success."""
    file = tmp_path / "plan.json"
    arguments = ("policy", "input", file, "--unit", "/", "--as-of", "2026-02-01T00:00:00Z")

    file.write_bytes(orjson.dumps(CASES["protected"]))
    code, out, err = command(*arguments)
    assert (code, err, [one["subject"] for one in json.loads(out)]) == (
        0,
        "",
        ["resource", "plan", "vault"],
    )
    assert command(*arguments, "--output", tmp_path / "facts.json") == (0, "", "")
    assert (tmp_path / "facts.json").read_text(encoding="utf-8") == out
    file.write_bytes(orjson.dumps(errored().first()))
    code, out, err = command(*arguments)
    assert (code, bool(json.loads(out)), "errored: true" in err) == (4, True, True)
    file.write_bytes(orjson.dumps(Plan().first()))
    assert command(*arguments) == (4, "[]\n", "auditor: the inputs declare nothing that a control judges")


@pytest.mark.parametrize("name", ["plan.json", "sub/../plan.json", "params.json"])
def test_the_command_replaces_no_input(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Named, of a folder that is named, or the file of parameters; a file beside them is replaced."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("plan.json").write_bytes(orjson.dumps(CASES["protected"]))
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {"Tier": {"Type": "String"}}}
    Path("template.json").write_bytes(orjson.dumps({**template, "Resources": {}}))
    Path("params.json").write_text('{"Parameters": {"Tier": "gold"}}')
    Path("facts").write_text("old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    files = ("plan.json", "template.json", "--parameters", "params.json")
    options = ("--unit", "/", "--as-of", "2026-02-01T00:00:00Z", "--output")
    said = f"auditor: --output {name}: it is an input; name another file."

    assert command("policy", "input", *files, *options, name) == (2, "", said)
    if name != "params.json":
        assert command("policy", "input", ".", *options, name) == (2, "", said)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert command("policy", "input", *files, *options, "facts") == (0, "", "")
    assert json.loads(Path("facts").read_text())[0]["subject"] == "resource"


@pytest.mark.opa
def test_the_commands_of_the_page_work(
    command: Said, tmp_path: Path, opa_program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the plan of Terraform to the sentences of OPA."""
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_bytes(orjson.dumps(CASES["near miss"]))
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(auditor policy bundle --output.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.partition("#")[0].split() for line in block.splitlines()]
    outputs = []
    for words in lines:
        if words[0] == "auditor":
            assert command(*words[1:], *(["--unit", "/"] if words[2] == "input" else []))[0] == 0
        if words[0] == "opa":
            done = subprocess.run([opa_program, *words[1:]], capture_output=True, text=True, check=True)
            outputs.append(done.stdout)

    assert ["conftest" in words for words in lines].count(True) == 1
    assert "BKP-COV-001 aws_ebs_volume.other: no rule of any backup plan protects it" in outputs[0]


@pytest.mark.parametrize(
    ("hole", "told"),
    [
        (Hole(("gap",)), [["tier"], ["tier"]]),
        (Hole(("gap",), np.array([False, True])), [[], ["tier"]]),
        (Hole((), None), [[], []]),
        (Hole((), np.array([True, True])), [[], []]),
    ],
)
def test_a_gap_is_told_of_the_subjects_that_it_is_of(hole: Hole, told: list[list[str]]) -> None:
    """Of all, or of some."""
    texts = pa.array(np.array(["a", "b"]))
    facts = {"tier": Column(np.array([0, 0]), ["gold"], (hole,))}
    frame = Frame("plan", "111122223333", "eu-west-1", texts, texts, texts, facts)

    found = [_told(frame, index, ["tier"], "2026-02-01T00:00:00Z") for index in range(2)]

    assert [one["unknown"] for one in found] == told
    assert found[0]["incomplete"] == found[0]["only_better"] == []


@pytest.mark.opa
def test_a_waiver_of_the_bundle_covers_what_the_check_says_that_it_covers(
    check: Check, catalogue: Catalogue, tmp_path: Path, opa_program: str
) -> None:
    """By tag, account and unit; what the input does not tell waives nothing, and a sentence says so."""
    plain = Waiver("BKP-COV-001", "", "why", "who", date(2026, 3, 1))
    scopes: list[tuple[dict[str, Any], bool]] = [
        ({"account": "111122223333"}, True),
        ({"account": "444455556666"}, False),
        ({"tag": ("backup-tier", "Gold")}, True),
        ({"tag": ("backup-tier", "gold")}, False),
        ({"tag": ("env", "Gold")}, False),
        ({"organizational_unit": "Sandbox"}, True),
        ({"organizational_unit": "Sand"}, False),
        ({"organizational_unit": "Sandbox", "account": "444455556666"}, False),
        ({"subject": "arn:aws:ec2:*", "tag": ("backup-tier", "Gold")}, True),
        ({"subject": "arn:aws:s3:*", "tag": ("backup-tier", "Gold")}, False),
    ]
    file = tmp_path / "input-1.json"
    file.write_bytes(orjson.dumps(CASES["near miss"]))
    settings, options = Settings(as_of=AS_OF), CheckOptions(unit="/Workloads/Sandbox")
    inputs = [
        one
        for one in read_policy_inputs([file], catalogue, settings, options)[1]
        if one["address"] == "aws_ebs_volume.other"
    ]
    untold = [{key: one[key] for key in one if key not in ("tags", "organizational_units")} for one in inputs]

    for scope, covered in scopes:
        waiver = replace(plain, **scope)
        made = bundle(catalogue, Waivers((waiver,)))
        said, less = each(opa_program, made, tmp_path, [*inputs, *untold])
        waivers = tmp_path / "waivers.yaml"
        waivers.write_bytes(orjson.dumps({"waivers": [waiver.told()]}))
        ours = check(CASES["near miss"], settings={"waivers": waivers}, unit="/Workloads/Sandbox")

        assert (said["verdicts"]["BKP-COV-001"]["verdict"] == "WAIVED") is covered, scope
        assert [one.verdict == "WAIVED" for one in ours.entries if one.control_id == "BKP-COV-001"] == [
            covered
        ], scope
        open_ = "tag" in scope or "organizational_unit" in scope
        assert (less["verdicts"]["BKP-COV-001"]["verdict"] == "WAIVED") is (covered and not open_), scope
        assert any("waives nothing here, as the input has no" in one for one in less["warn"]) is open_, scope
        assert not any("waives nothing here" in one for one in said["warn"]), scope


@pytest.mark.opa
def test_a_waiver_of_the_bundle_by_a_tag_that_is_known_after_apply_says_that_it_waives_nothing(
    catalogue: Catalogue, tmp_path: Path, opa_program: str
) -> None:
    """As a check says it; of another tag of the resource nothing is to be said."""
    plan = volume(protected(), "other", backup_tier="Gold").first()
    (change,) = [
        one["change"] for one in plan["resource_changes"] if one["address"] == "aws_ebs_volume.other"
    ]
    change["after_unknown"] |= {"tags": {"env": True}, "tags_all": {"env": True}}
    found = [one for one in inputs_of(tmp_path, catalogue, plan) if one["address"] == "aws_ebs_volume.other"]
    hidden = [{**one, "tags": {}, "unknown_tags": ["*"]} for one in found]

    for key, value, told in (("env", "dev", [True, True]), ("backup-tier", "gold", [False, True])):
        waiver = Waiver("BKP-COV-001", "", "why", "who", date(2026, 3, 1), tag=(key, value))
        said = each(opa_program, bundle(catalogue, Waivers((waiver,))), tmp_path, [*found, *hidden])

        assert [one["verdicts"]["BKP-COV-001"]["verdict"] for one in said] == ["NON_COMPLIANT"] * 2
        sentence = f"a waiver by tag waives nothing here, as {key} is not known"
        assert [any(sentence in one for one in each_["warn"]) for each_ in said] == told
    assert [one["unknown_tags"] for one in found] == [["env"]]
