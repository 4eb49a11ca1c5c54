"""A key that JSON has twice: one reader sees the first value, another one the last, so none counts."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.cloudformation.parameters import read_stacks
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.model.errors import AuditorError, UsageError
from tests.check.change_sets import whole as change_set
from tests.check.policies import WHOLE
from tests.check.terraform import protected
from tests.check.test_backup_documents import plan as api_plan

VOLUME = {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a"}}
TEMPLATE = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"V": VOLUME}}
NESTED = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}}
TREE = {
    "organization": {"root": {"id": "r-ab12", "policies": [], "accounts": {"111122223333": {"name": "a"}}}}
}
#: Each kind of input, and the key that it gets a second time.
INPUTS: dict[str, tuple[Any, str]] = {
    "template": (TEMPLATE, "Resources"),
    "template's resource": (TEMPLATE, "Type"),
    "plan of AWS Backup": (api_plan(), "RuleName"),
    "backup policy": (WHOLE, "plans"),
    "change set": (change_set(), "Changes"),
    "tree": (TREE, "root"),
}


def twice(document: Any, key: str) -> str:
    """The document as JSON; before the first such key it stands once more, with another value."""
    text = json.dumps(document)
    assert f'"{key}": ' in text
    return text.replace(f'"{key}": ', f'"{key}": "other", "{key}": ', 1)


def read(file: Path) -> list[str]:
    """The kinds of the readings of a file."""
    return [one.kind for one in read_inputs((file,), Assumed()).readings]


@pytest.mark.parametrize("name", INPUTS)
def test_a_key_given_twice_is_refused(tmp_path: Path, name: str) -> None:
    """In every format, with the key; in a folder too, and not where two objects have it."""
    document, key = INPUTS[name]
    file = tmp_path / "input.json"
    file.write_text(json.dumps(document))
    assert read(file)

    file.write_text(twice(document, key))

    for path in (file, tmp_path):
        with pytest.raises(AuditorError) as refused:
            read(path)
        assert str(refused.value) == f"{file}: the key '{key}' is given twice; keep one of them."


def test_a_nested_template_with_a_key_twice_is_refused(tmp_path: Path) -> None:
    """Though it is no input."""
    outer, inner = tmp_path / "outer.json", tmp_path / "inner.json"
    outer.write_text(json.dumps({**TEMPLATE, "Resources": {"S": NESTED}}))
    inner.write_text(twice(TEMPLATE, "Resources"))

    with pytest.raises(AuditorError, match=r"inner\.json: the key 'Resources' is given twice; keep one"):
        read(outer)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"Parameters": {"A": "1", "A": "2"}}', "it has A twice in one object; leave one of them."),
        ('{"Parameters": {"A": "1"}, "Parameters": {}}', "it has Parameters twice in one object; leave one"),
        (
            '[{"ParameterKey": "A", "ParameterValue": "1", "ParameterValue": "2"}]',
            "it has ParameterValue twice",
        ),
        ('{"Parameters": {}, "a": ' + "[" * 1_000 + "]" * 1_000 + "}", "values lie more than 50 levels deep"),
    ],
    ids=["name", "part", "value", "deep"],
)
def test_parameters_given_twice_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """In both forms; each once is read."""
    file = tmp_path / "parameters.json"
    file.write_text('{"Parameters": {"A": "1", "B": "1"}, "Tags": {"A": "1"}}')
    assert read_stacks([("", file)]).of("t.yaml").values == {"A": "1", "B": "1"}
    file.write_text(text)

    with pytest.raises(UsageError) as refused:
        read_stacks([("", file)])

    assert str(refused.value).startswith(f"{file}: {said}")


def test_a_nested_template_outside_of_the_current_folder_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its path begins as those inside of it do."""
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    (tmp_path / "inner.json").write_text(json.dumps(TEMPLATE))
    out = {**NESTED, "Properties": {"TemplateURL": "../inner.json"}}
    Path("outer.json").write_text(json.dumps({**TEMPLATE, "Resources": {"S": out}}))

    with pytest.raises(
        AuditorError, match=r"the template \.\./inner\.json of a nested stack lies outside of \.,"
    ):
        read(Path("outer.json"))


def test_a_long_key_is_cut(tmp_path: Path) -> None:
    """The sentence stays one."""
    file = tmp_path / "input.json"
    file.write_text(json.dumps(TEMPLATE)[:-1] + f', "{"k" * 9_000}": 1' * 2 + "}")

    with pytest.raises(AuditorError) as refused:
        read(file)

    assert len(str(refused.value)) < len(str(file)) + 200


def test_what_is_no_input_may_have_it(tmp_path: Path) -> None:
    """A file of a folder that is of no known format is counted and not looked at; a program writes a plan."""
    (tmp_path / "other.json").write_text('{"a": 1, "a": 2}')
    (tmp_path / "plan.json").write_text(json.dumps(protected().first()))

    found = read_inputs((tmp_path,), Assumed())

    assert (found.passed_over, len(found.readings)) == ([str(tmp_path / "other.json")], 1)
