"""`auditor policy bundle`: what is in it, and that a real OPA judges by it as auditor does."""

import io
import json
import re
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import Waivers
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.cli.main import main
from auditor.judge.verdicts import verdict_of
from auditor.model.settings import Settings
from auditor.rego.bundle import ASKS, bundle
from auditor.rego.embedded import EmbeddedEngine
from auditor.rego.engine import Answer
from auditor.rego.load import open_engine
from tests.check.terraform import protected, volume
from tests.loopback.auditing import audit
from tests.loopback.standing import standing

AS_OF = "2026-02-01T00:00:00Z"
GOLD = {"name": "gold", "required": True, "rpo_hours": 24}
STRICT = "--strict-builtin-errors"
FAULTY = (
    "BKP-COV-001: it says both compliant and non-compliant, or something other than {code, evidence}; "
    "correct the control"
)
Asked = list[tuple[str, Any, Answer]]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped policies."""
    return Catalogue.load()


@pytest.fixture(scope="module")
def made(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their bundle."""
    file = tmp_path_factory.mktemp("bundle") / "bundle.tar.gz"
    file.write_bytes(bundle(catalogue, Waivers()))
    return file


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Whatever the embedded engine is asked: package, input, answer."""
    found: Asked = []
    ask = EmbeddedEngine.ask

    def recording(engine: EmbeddedEngine, package: str, inputs: Sequence[Any]) -> list[Answer]:
        answers = ask(engine, package, inputs)
        found.extend((package, one, answer) for one, answer in zip(inputs, answers, strict=True))
        return answers

    monkeypatch.setattr(EmbeddedEngine, "ask", recording)
    return found


def files_of(data: bytes) -> dict[str, bytes]:
    """The files of an archive, in its order."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        entries = archive.getmembers()
        assert {(one.mtime, one.uid, one.gid, one.mode, one.isfile()) for one in entries} == {
            (0, 0, 0, 0o644, True)
        }
        return {one.name: archive.extractfile(one).read() for one in entries}  # type: ignore[union-attr]  # files


def evaluated(
    program: str, made: Path, inputs: Sequence[Mapping[str, Any]], *options: str
) -> list[dict[str, Any]]:
    """What the package `auditor` says of each input, by the real OPA."""
    wanted = '{"verdicts": data.auditor.verdicts, "deny": data.auditor.deny, "warn": data.auditor.warn}'
    query = f"[x | some one in input.all; x := {wanted} with input as one]"
    command = [program, "eval", "--bundle", str(made), "--stdin-input", "--format", "raw", *options, query]
    document = json.dumps({"all": list(inputs)})
    done = subprocess.run(command, input=document, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return list(json.loads(done.stdout))


def at_check(facts: Any) -> dict[str, Any]:
    """The input about a resource, before a change is merged."""
    return {"subject": "resource", "moment": "check", "facts": facts}


def judged(catalogue: Catalogue, tmp_path: Path) -> CheckResult:
    """What `auditor check` says of a volume that a plan selects, and of one that none does."""
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps(volume(protected(copied=True), "other", backup_tier="Gold").first()), encoding="utf-8"
    )
    engine = open_engine("embedded", catalogue.modules, catalogue.data)
    settings = Settings(as_of=datetime(2026, 2, 1, tzinfo=UTC))
    try:
        inputs = read_inputs((plan,), Assumed("", ""))
        return judge_inputs(inputs, engine, catalogue, settings, CheckOptions(unit=""))
    finally:
        engine.close()


def test_the_same_policies_are_the_same_bytes(catalogue: Catalogue, made: Path) -> None:
    """In the order of their names, without times and owners; another digest is another revision."""
    names = list(files_of(made.read_bytes()))
    other = files_of(bundle(replace(catalogue, sha256="b" * 64), Waivers()))

    assert made.read_bytes() == bundle(Catalogue.load(), Waivers())
    assert made.read_bytes()[4:8] == bytes(4)  # the time of gzip
    assert names == sorted(names)
    assert json.loads(other[".manifest"])["revision"] == "b" * 64


def test_it_has_the_modules_without_tests_the_data_and_what_asks(catalogue: Catalogue, made: Path) -> None:
    """The roots are all that it defines, so that OPA refuses another bundle that defines some of it."""
    files = files_of(made.read_bytes())

    manifest, data = json.loads(files.pop(".manifest")), json.loads(files.pop("data.json"))
    roots = ["auditor", "controls", "lib", "organization", "parameters", "tiers"]
    assert manifest == {"revision": catalogue.sha256, "roots": roots, "rego_version": 1}
    assert files.pop("auditor/verdicts.rego") == ASKS.read_bytes()
    assert files == {path: text.encode() for path, text in catalogue.modules.items()}
    assert {key: data[key] for key in ("tiers", "parameters")} == dict(catalogue.data)
    assert data["auditor"]["controls"].keys() == catalogue.control_ids
    assert {path.partition("/")[0] for path in files} | set(data) == set(roots)


@pytest.mark.opa
def test_opa_gives_the_verdict_of_the_check(
    catalogue: Catalogue, made: Path, tmp_path: Path, opa_program: str, asked: Asked
) -> None:
    """The same finding, reason and sentence of the volume that no plan selects; the other one passes."""
    found = judged(catalogue, tmp_path)
    (entry,) = [one for one in found.entries if one.control_id == "BKP-COV-001"]
    facts = [{**one, "resource": {}} for package, one, _ in asked if package == "controls.coverage.selected"]

    said = evaluated(opa_program, made, [at_check(one) for one in facts])

    told = {one["verdicts"]["BKP-COV-001"]["verdict"]: one for one in said}
    assert set(told) == {str(entry.verdict), "COMPLIANT"}
    sentence = entry.reasons[0].message
    finding = told[str(entry.verdict)]
    (reason,) = finding["verdicts"]["BKP-COV-001"]["reasons"]
    assert (reason["code"], reason["message"]) == (entry.reasons[0].code, sentence)
    assert finding["verdicts"]["BKP-COV-001"]["severity"] == str(entry.severity)
    assert finding["deny"] == [f"BKP-COV-001: {sentence}"]
    assert told["COMPLIANT"]["deny"] == told["COMPLIANT"]["warn"] == []


@pytest.mark.opa
def test_opa_gives_each_verdict_of_a_check_and_of_an_audit(
    catalogue: Catalogue, made: Path, tmp_path: Path, opa_program: str, asked: Asked
) -> None:
    """Of every control that they ask, for each distinct set of facts, with the same reasons."""
    judged(catalogue, tmp_path)
    audit(standing(keep=14), tmp_path)
    ids = {control.package: control for control in catalogue.controls}
    # of a fact that is absent, an input has its group all the same
    groups: list[dict[str, Any]] = [
        {path.split(".")[0]: {} for path in ids[package].reads if "." in path} for package, *_ in asked
    ]
    inputs = [
        {"subject": ids[package].subject, "facts": held | facts}
        for held, (package, facts, _) in zip(groups, asked, strict=True)
    ]

    said = evaluated(opa_program, made, inputs, STRICT)

    of = [ids[package].id for package, _, _ in asked]
    ours = [(str(verdict_of(answer)), codes(answer.non_compliant)) for _, _, answer in asked]
    of_opa = [one["verdicts"][id_] for one, id_ in zip(said, of, strict=True)]
    assert len(set(of)) > 10
    assert [(one["verdict"], codes(one["reasons"])) for one in of_opa] == ours


def codes(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reasons of findings, with their evidence, in an order of their own."""
    return sorted(json.dumps([one["code"], one.get("evidence", {})], sort_keys=True) for one in findings)


@pytest.mark.opa
def test_what_is_not_known_is_neither_a_pass_nor_a_finding(made: Path, opa_program: str) -> None:
    """A fact named unknown, a group that is not there, an input of another form; nor is no subject a pass."""
    facts = {"as_of": AS_OF, "tier": GOLD, "protection": {"selected": True}, "resource": {}}
    whole = at_check(facts)
    lacking = {name: value for name, value in facts.items() if name != "protection"}
    timeless = {name: value for name, value in facts.items() if name != "as_of"}
    unlisted: list[Any] = [[{"path": "protection"}], [1], [None], {}, "protection"]
    no_times: list[Any] = ["2026-02-01", "now", "", 1, None]
    inputs = [
        whole,
        {**whole, "unknown": ["protection.selected"]},
        {**whole, "unknown": ["protection"]},
        {**whole, "unknown": ["tier.lock"]},
        {**whole, "unknown": ["protection.plans"]},
        {**whole, "facts": lacking},
        {**whole, "facts": timeless},
        {**whole, "facts": {}},
        *({**whole, "unknown": other} for other in unlisted),
        *({**whole, "facts": {**facts, "as_of": other}} for other in no_times),
    ]

    said = evaluated(opa_program, made, inputs)
    nothing = evaluated(opa_program, made, [{**whole, "subject": "tape"}, {}, {**whole, "moment": "never"}])

    verdicts = [one["verdicts"]["BKP-COV-001"]["verdict"] for one in said]
    unknown = "INSUFFICIENT_DATA"
    assert verdicts == ["COMPLIANT", *[unknown] * 3, "COMPLIANT", *[unknown] * 13]
    copies = [
        {name: one["verdicts"][name]["verdict"] for name in ("BKP-ENC-006", "BKP-ISO-003", "BKP-ISO-004")}
        for one in said
    ]
    assert [
        [name for name, verdict in (("BKP-COV-001", of), *of_copies.items()) if verdict == unknown]
        for of, of_copies in zip(verdicts, copies, strict=True)
    ] == [[name.split(":")[0] for name in one["warn"]] for one in said]
    assert {line.partition(": ")[2] for one in said for line in one["warn"]} == {
        "unknown, as the input lacks facts that it reads"
    }
    sentence = "no control judges this input; its subject is none, or none is asked at its moment"
    assert [one["deny"] for one in nothing] == [[sentence]] * 3


@pytest.mark.opa
def test_a_control_sees_only_what_it_declares_and_contradicts_itself_in_vain(
    catalogue: Catalogue, tmp_path: Path, opa_program: str
) -> None:
    """A fact beside its `reads` is not there for it; what says both is an error."""
    path = "controls/coverage/selected/selected.rego"
    spoilt = catalogue.modules[path] + "\ncompliant if input.tier\n\napplicable if input.secret\n"
    other = tmp_path / "bundle.tar.gz"
    other.write_bytes(bundle(replace(catalogue, modules={**catalogue.modules, path: spoilt}), Waivers()))
    facts = {"as_of": AS_OF, "tier": GOLD, "protection": {"selected": False}}
    optional = {**facts, "tier": {"name": "none", "required": False}, "secret": True}

    said = evaluated(opa_program, other, [at_check(facts), at_check(optional)])

    assert [one["verdicts"]["BKP-COV-001"]["verdict"] for one in said] == ["ERROR", "NOT_APPLICABLE"]
    assert said[0]["deny"] == [FAULTY]


@pytest.mark.opa
@pytest.mark.parametrize(
    "says",
    [
        'non_compliant contains {"evidence": {}}',
        'non_compliant contains {"code": 1}',
        'non_compliant contains {"code": "odd", "evidence": "none"}',
        'non_compliant contains "odd"',
        'non_compliant := [{"code": "odd"}]',
        'non_compliant := {"code": "odd"}',
        "non_compliant := false",
    ],
)
def test_what_is_no_finding_is_an_error_with_a_sentence(
    catalogue: Catalogue, tmp_path: Path, opa_program: str, says: str
) -> None:
    """Without a code, or no object, or no set of them: it is never a finding that `deny` is silent of."""
    path = "controls/coverage/selected/selected.rego"
    spoilt = f"package controls.coverage.selected\n\napplicable := true\n\n{says}\n"
    other = tmp_path / "bundle.tar.gz"
    other.write_bytes(bundle(replace(catalogue, modules={**catalogue.modules, path: spoilt}), Waivers()))
    facts = {"as_of": AS_OF, "tier": GOLD, "protection": {"selected": False}}

    (said,) = evaluated(opa_program, other, [at_check(facts)])

    control = said["verdicts"]["BKP-COV-001"]
    assert (control["verdict"], control["reasons"], said["deny"]) == ("ERROR", [], [FAULTY])


@pytest.mark.opa
def test_the_page_shows_an_input_and_what_opa_says_of_it(made: Path, opa_program: str) -> None:
    """The only object in a block of its own."""
    text = (Path(__file__).resolve().parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(\{\"subject\".*?)^```\n", text, re.DOTALL | re.MULTILINE)

    (said,) = evaluated(opa_program, made, [json.loads(shown)], STRICT)

    (sentence,) = said["deny"]
    assert said["warn"] == []
    assert f"`{sentence}`" in text
    assert f"\nopa eval {STRICT} --bundle" in text


@pytest.mark.opa
def test_opa_finds_it_as_strict_and_as_formatted_as_the_policies(made: Path, opa_program: str) -> None:
    """`opa check --strict` and `opa fmt`."""
    for command in (["check", "--strict", "--bundle", str(made)], ["fmt", "--diff", "--fail", str(ASKS)]):
        done = subprocess.run([opa_program, *command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("where", ["none/bundle.tar.gz", ".", "link"])
def test_only_a_file_is_written(
    tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link, a device or a folder stays what it is, and that is told before the work."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("elsewhere")

    with pytest.raises(SystemExit) as end:
        main(["policy", "bundle", "--output", where])

    err = capsys.readouterr().err
    assert end.value.code == 2
    assert f"{where} " in err
    assert "; name another file." in err
    assert [file.name for file in tmp_path.iterdir()] == ["link"]
    assert (tmp_path / "link").is_symlink()


def test_the_command_writes_it_whole(
    made: Path, catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there is replaced."""
    file = tmp_path / "bundle.tar.gz"
    file.write_text("old", encoding="utf-8")

    with pytest.raises(SystemExit) as end:
        main(["policy", "bundle", "--output", str(file)])

    number = len(catalogue.controls)
    assert (end.value.code, file.read_bytes()) == (0, made.read_bytes())
    assert capsys.readouterr().out == f"wrote {file}, revision {catalogue.sha256}: {number} controls\n"
