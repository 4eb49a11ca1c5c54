"""The values of a template's parameters, from a file as AWS's tools write it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.test_cloudformation import COVERED, LOCKED, RETENTION, TEMPLATE, changed, found, write

LOCK = "BKP-IMM-002"
UNSAID = changed(
    ('MinRetentionDays: 7, MaxRetentionDays: "35"', 'MinRetentionDays: !Ref Unsaid, MaxRetentionDays: "60"')
)


def listed(**values: str) -> list[dict[str, Any]]:
    """The list of the AWS CLI."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def pipeline(**values: str) -> dict[str, Any]:
    """The object of CodePipeline."""
    return {"Parameters": values}


def given(tmp_path: Path, document: Any, template: str = UNSAID) -> tuple[Path, str, str]:
    """A template, and a file with parameters."""
    file = tmp_path / "params.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return write(tmp_path / "template.yaml", template), "--parameters", str(file)


@pytest.mark.parametrize("form", [listed, pipeline])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Unsaid": "7"}, set()),
        ({"Unsaid": "36"}, {(LOCK, "Plan", "NON_COMPLIANT", 17)}),
        ({"Unsaid": "7", "Days": "34"}, {(RETENTION, "Plan", "NON_COMPLIANT", 17)}),
        (
            {},
            {(LOCK, "Plan", "INSUFFICIENT_DATA", 17), (LOCKED, "Main", "INSUFFICIENT_DATA", 12)},
        ),
    ],
    ids=["passes", "locked-out", "kept-too-short", "not-said"],
)
def test_a_value_that_is_given_counts(
    command: Said, tmp_path: Path, form: Any, values: dict[str, str], said: set[tuple[str, str, str, int]]
) -> None:
    """In either form; one that is not given has its default, where there is one."""
    assert found(command, *given(tmp_path, form(**values)))[1] == said


def test_a_value_that_the_stack_keeps_is_not_known(command: Said, tmp_path: Path) -> None:
    """The default is not what it has."""
    kept = [{"ParameterKey": "Days", "UsePreviousValue": True}]

    _, said = found(command, *given(tmp_path, kept, TEMPLATE))

    assert (RETENTION, "Plan", "INSUFFICIENT_DATA", 17) in said
    assert {verdict for _, _, verdict, _ in said} == {"INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("document", "assumed"),
    [
        (listed(Tier="gold"), "parameters that params.json does not have have their defaults"),
        (listed(Tier="gold", Days="35"), None),
        ({"Parameters": {}}, "parameters have their defaults"),
    ],
)
def test_what_has_its_default_is_said(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Any, assumed: str | None
) -> None:
    """Where all that have one are given, nothing is assumed of them."""
    monkeypatch.chdir(tmp_path)
    given(tmp_path, document, TEMPLATE)

    _, out, _ = command("check", "template.yaml", "--unit", "", "--parameters", "params.json")

    lines = [line for line in out.splitlines() if "defaults" in line]
    assert lines == ([f"assumed: template.yaml: {assumed}"] if assumed else [])


@pytest.mark.parametrize(
    ("value", "said"), [("gold", set()), ("Gold", {(COVERED, "Data", "NON_COMPLIANT", 41)})]
)
def test_tags_of_the_stack_are_tags_of_what_it_makes(
    command: Said, tmp_path: Path, value: str, said: set[tuple[str, str, str, int]]
) -> None:
    """CodePipeline's file has them; a tag of the resource itself comes first."""
    without = changed(
        ('        - {Key: backup-tier, Value: !Join ["", [go, ld]]}', "        - {Key: a, Value: b}")
    )
    document = {"Parameters": {}, "Tags": {"backup-tier": value, "a": "c"}}

    assert found(command, *given(tmp_path, document, without))[1] == said
    assert found(command, *given(tmp_path, document, TEMPLATE))[1] == set()


HIDDEN = changed(
    ("Tier: {Type: String, Default: gold}", "Tier: {Type: String, NoEcho: true}"),
    ('Value: !Join ["", [go, ld]]', "Value: !If [Gold, gold, !Ref Tier]"),
    ("ConditionValue: !Ref Tier", "ConditionValue: gold"),
    ("!FindInMap [Windows, !Ref Tier, Minutes]", "60"),
)


@pytest.mark.parametrize(("secret", "verdict"), [("gold", set()), ("hunter2-xyz", {"INSUFFICIENT_DATA"})])
@pytest.mark.parametrize("form", ["terminal", "json", "markdown", "sarif"])
def test_what_is_not_to_be_shown_is_compared_and_never_shown(
    command: Said, tmp_path: Path, secret: str, verdict: set[str], form: str
) -> None:
    """A condition on it is decided; a tag of that value is unknown, and no output has it."""
    arguments = given(tmp_path, listed(Tier=secret), HIDDEN)

    said = {found_ for _, _, found_, _ in found(command, *arguments)[1]}
    _, out, err = command("check", *arguments, "--unit", "", "--format", form)

    assert said == verdict
    assert "hunter2" not in out + err
    assert ("Ref Tier (NoEcho)" in out) is bool(verdict)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "params.json:1: it is not JSON; write a list of"),
        ("[" * 100_000, "params.json:1: it is not JSON; write a list of"),
        ("7", "params.json: it has no parameters; write a list of"),
        ({"parameters": {}}, "params.json: it has no parameters; write a list of"),
        ({"Parameters": []}, "params.json: it has no parameters; write a list of"),
        (["Tier=hunter2"], "params.json: entry 1 has no ParameterKey; write a list of"),
        (
            [{"ParameterKey": "Tier"}],
            "params.json: Tier has no ParameterValue that is a text; write it in quotes.",
        ),
        (
            [{"ParameterKey": "Tier", "ParameterValue": ["hunter2"]}],
            "params.json: Tier has no ParameterValue that is a text; write it in quotes.",
        ),
        (
            listed(Tier="hunter2") + listed(Tier="gold"),
            "params.json: it has Tier twice; leave one of them.",
        ),
        ({"Parameters": {"Days": 35}}, "params.json: Days in Parameters is no text; write it in quotes."),
        (
            {"Parameters": {}, "Tags": {"a": None}},
            "params.json: a in Tags is no text; write it in quotes.",
        ),
        (listed(Teir="hunter2"), "params.json: no template has the parameter Teir; did you mean 'Tier'?"),
        (
            listed(Other="hunter2"),
            "params.json: no template has the parameter Other; take it out of the file.",
        ),
        (listed(**{"a\n::error::b": "x"}), "params.json: no template has the parameter a"),
        (" " * ((1 << 20) + 1), "params.json: it is larger than 1 MiB"),
    ],
    ids=range(15),
)
def test_a_file_of_another_form_is_refused_in_one_sentence(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Any, said: str
) -> None:
    """With exit code 2, and without any value."""
    monkeypatch.chdir(tmp_path)
    given(tmp_path, document, TEMPLATE)

    code, out, err = command("check", "template.yaml", "--parameters", "params.json")

    assert (code, out) == (2, "")
    assert err.startswith(f"auditor: {said}")
    assert "hunter2" not in err
    assert "\n" not in err


def test_parameters_are_for_templates_only_and_are_no_output(command: Said, tmp_path: Path) -> None:
    """A plan of AWS Backup has none, and the file is not written over."""
    _, option, file = given(tmp_path, listed(Tier="gold"))
    plan = write(tmp_path / "plan.json", '{"BackupPlanName": "a", "Rules": []}')

    none = command("check", plan, option, file)
    over = command("check", plan, option, file, "--output", f"json={file}")

    assert (none[0], "no template has the parameter Tier" in none[2]) == (2, True)
    assert (over[0], "it is an input" in over[2]) == (2, True)
    assert command("check", plan, option, tmp_path / "none.json")[0] == 2


def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two templates that are equal but for a name, one in a folder, and files of parameters beside them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    write(tmp_path / "a.yaml", UNSAID)
    write(tmp_path / "in" / "b.yaml", UNSAID.replace('"main-$', '"other-$'))
    for name, days in (("good.json", "7"), ("bad.json", "36"), ("all.json", "7")):
        (tmp_path / name).write_text(json.dumps(pipeline(Unsaid=days)), encoding="utf-8")
    (tmp_path / "odd.json").write_text(json.dumps(pipeline(Unsiad="hunter2")), encoding="utf-8")


def judged(command: Said, *arguments: str) -> tuple[int, dict[str, set[str]]]:
    """The exit code, and by template what is said of the lifecycle against the lock of its vault."""
    inputs = ("a.yaml", "in", "--unit", "", "--format", "json")
    code, out, err = command("check", *inputs, *(f"--parameters={one}" for one in arguments))
    assert err == ""
    said: dict[str, set[str]] = {"a.yaml": set(), "in/b.yaml": set()}
    for entry in json.loads(out)["entries"]:
        if entry["control_id"] == LOCK:
            said[entry["subject"]["file"]].add(entry["verdict"])
    return code, said


BAD, OPEN = {"NON_COMPLIANT"}, {"INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("files", "first", "second"),
    [
        ((), OPEN, OPEN),
        (("all.json",), set(), set()),
        (("a.yaml=bad.json",), BAD, OPEN),
        (("in/b.yaml=bad.json", "all.json"), set(), BAD),
        (("all.json", "./in/../in/b.yaml=bad.json"), set(), BAD),
        (("a.yaml=bad.json", "in/b.yaml=good.json"), BAD, set()),
    ],
    ids=["none", "every", "one", "one-and-the-rest", "however-written", "each"],
)
def test_a_template_may_have_a_file_of_its_own(
    command: Said,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: tuple[str, ...],
    first: set[str],
    second: set[str],
) -> None:
    """It counts for that template alone, and the file for every template for the others."""
    two(tmp_path, monkeypatch)

    assert judged(command, *files)[1] == {"a.yaml": first, "in/b.yaml": second}


def test_a_variable_has_several_files(command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a list of paths; a name with = in it is a file where there is one."""
    two(tmp_path, monkeypatch)
    (tmp_path / "x=y.json").write_text(json.dumps(pipeline(Unsaid="7")), encoding="utf-8")
    monkeypatch.setenv("AUDITOR_CHECK_PARAMETERS", "a.yaml=bad.json:x=y.json")

    assert judged(command)[1] == {"a.yaml": BAD, "in/b.yaml": set()}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            ["c.yaml=good.json"],
            "--parameters c.yaml=good.json: no template among the inputs is c.yaml; name it as PATH does.",
        ),
        (
            ["a.yaml=odd.json"],
            "odd.json: a.yaml has not the parameter Unsiad; did you mean 'Unsaid'?",
        ),
        (
            ["a.yaml=good.json", "odd.json"],
            "odd.json: no other template has the parameter Unsiad; did you mean 'Unsaid'?",
        ),
        (
            ["a.yaml=good.json", "./a.yaml=bad.json"],
            "--parameters has two files for ./a.yaml, good.json and bad.json; leave one of them.",
        ),
        (
            ["all.json", "good.json"],
            "--parameters has two files for every template, all.json and good.json; leave one of them.",
        ),
        (
            ["a.yaml=good.json", "in/b.yaml=good.json", "all.json"],
            "all.json: every template has a file of its own; leave it out.",
        ),
        (["a.yaml=none.json"], "none.json: no such file or directory; name a file that can be read."),
    ],
    ids=["no-template", "misspelt", "misspelt-rest", "twice", "two-for-all", "for-none", "no-file"],
)
def test_what_is_of_no_template_is_refused(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], said: str
) -> None:
    """In one sentence, with exit code 2 and without a value."""
    two(tmp_path, monkeypatch)

    code, out, err = command("check", "a.yaml", "in", *(f"--parameters={one}" for one in files))

    assert (code, out, err) == (2, "", f"auditor: {said}")


@pytest.mark.parametrize("given", ["a.yaml=", "=good.json"])
def test_half_of_a_pair_is_refused(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """With an example of a whole one."""
    two(tmp_path, monkeypatch)

    code, _, err = command("check", "a.yaml", f"--parameters={given}")

    assert (code, "or one such as template.yaml=params.json" in err) == (2, True)
