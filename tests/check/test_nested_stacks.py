"""Nested stacks are judged as parts of the template that makes them, by templates that are in reach."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.check.stacks import StackParameters, Stacks
from auditor.model.errors import AuditorError, UsageError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.change_sets import VOLUME, change, change_set
from tests.check.conftest import AS_OF, Said
from tests.check.test_cloudformation import COVERED, TEMPLATE, changed, write
from tests.check.test_diff_base import Git, commit, git

__all__ = ["git"]

STACK = "AWS::CloudFormation::Stack"
URL = "https://s3.amazonaws.com/templates/stacks/data.yaml"
GOLD = {"Tier": "gold"}
#: Its vault, plan and selection, and a volume apart; what makes them are texts of each test.
DATA = """\
Parameters:
  Tier: {Type: String, Default: bronze}
  Plan: {Type: String, Default: ""}
Resources:
  Disk:
    Type: AWS::EC2::Volume
    Properties:
      Size: 8
      Encrypted: true
      KmsKeyId: alias/data
      Tags: [{Key: backup-tier, Value: !Ref Tier}]
Outputs:
  Tier: {Value: !Ref Tier}
  Disk: {Value: !Sub "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:volume/${Disk}"}
"""


def parent(more: str = "", **properties: Any) -> str:
    """The template that makes a vault, a plan and a selection, with a nested stack `Data`."""
    nested = {"Type": STACK, "Properties": {"TemplateURL": "stacks/data.yaml", **properties}}
    return f"{TEMPLATE}  Nested: {json.dumps(nested)}\n{more}"


def stacks(folder: Path, top: str, data: str = DATA, name: str = "stacks/data.yaml") -> Path:
    """The template above in a folder, and the one of its nested stack below it."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write(folder / name, data)
    return write(folder / "top.yaml", top)


Judge = Callable[..., CheckResult]


@pytest.fixture
def judge(catalogue: Catalogue, engine: Engine) -> Judge:
    """Check paths, in this process."""

    def run(*paths: Path) -> CheckResult:
        inputs = read_inputs(paths, Assumed())
        return judge_inputs(inputs, engine, catalogue, Settings(as_of=AS_OF), CheckOptions(unit=""))

    return run


def said(judge: Judge, *paths: Path) -> tuple[int, set[tuple[Any, ...]]]:
    """The exit code, and file, address, control, verdict and line of each entry."""
    result = judge(*paths)
    return int(result.exit_code), {
        (Path(where.file).name, where.address, entry.control_id, str(entry.verdict), where.line)
        for entry in result.entries
        for where in [entry.declaration]
    }


def refused(judge: Judge, *paths: Path) -> str:
    """The sentence with which the paths are refused."""
    with pytest.raises(AuditorError) as error:
        judge(*paths)
    assert error.value.exit_code == 1
    return str(error.value)


MISSED = ("data.yaml", "Nested/Disk", COVERED, "NON_COMPLIANT", 5)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [(GOLD, set()), ({"Tier": "Gold"}, {MISSED}), ({}, {MISSED}), ({"Tier": {"Ref": "Tier"}}, set())],
    ids=["passed-on", "another-case", "default", "of-the-parent"],
)
def test_the_template_above_says_what_a_nested_stack_is_made_with(
    judge: Judge, tmp_path: Path, parameters: dict[str, Any], expected: set[tuple[Any, ...]]
) -> None:
    """With the line of the nested file and the path of stacks; named too, or in a folder, it counts once."""
    top = stacks(tmp_path, parent(Parameters=parameters))

    for paths in ([top], [tmp_path], [top, tmp_path / "stacks" / "data.yaml"]):
        assert said(judge, *paths) == (3 if expected else 0, expected)


@pytest.mark.parametrize(
    ("tags", "volume", "expected"),
    [
        ([{"Key": "backup-tier", "Value": "gold"}], "[]", set()),
        ([{"Key": "backup-tier", "Value": "gold"}], "[{Key: backup-tier, Value: silver}]", {"NON_COMPLIANT"}),
        ([{"Key": "backup-tier", "Value": {"Ref": "Unsaid"}}], "[]", {"INSUFFICIENT_DATA"}),
        ([{"Key": "backup-tier", "Value": {"Ref": "Unsaid"}}], "[{Key: backup-tier, Value: gold}]", set()),
        ({"Ref": "Unsaid"}, "[]", {"INSUFFICIENT_DATA"}),
        ({"Ref": "Unsaid"}, "[{Key: backup-tier, Value: gold}]", set()),
    ],
    ids=["stack", "own-comes-first", "hidden", "own-is-known", "hidden-list", "own-of-hidden-list"],
)
def test_tags_of_a_nested_stack_are_tags_of_what_it_makes(
    judge: Judge, tmp_path: Path, tags: Any, volume: str, expected: set[str]
) -> None:
    """A tag of its own comes first; one that is not known leaves open what it decides."""
    top = stacks(tmp_path, parent(Tags=tags), DATA.replace("[{Key: backup-tier, Value: !Ref Tier}]", volume))

    entries = said(judge, top)[1]

    assert {verdict for _, _, control, verdict, _ in entries if control == COVERED} == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!GetAtt Nested.Outputs.Tier", set()),
        ('!Sub "${Nested.Outputs.Tier}"', set()),
        ("!GetAtt Nested.Outputs.Disk", {"INSUFFICIENT_DATA"}),
        ("!GetAtt Nested.Outputs.Other", {"INSUFFICIENT_DATA"}),
    ],
)
def test_outputs_are_read_back(judge: Judge, tmp_path: Path, value: str, expected: set[str]) -> None:
    """One that AWS will make, and one that is not there, are not known."""
    top = parent(Parameters=GOLD).replace('!Join ["", [go, ld]]', value)

    entries = said(judge, stacks(tmp_path, top))[1]

    assert {verdict for _, address, control, verdict, _ in entries if control == COVERED} == expected
    assert {address for _, address, *_ in entries} <= {"Data", "Plan", "Main"}


def test_an_arn_that_aws_makes_is_passed_on_and_read_back(judge: Judge, tmp_path: Path) -> None:
    """A selection above names the volume of one nested stack; a plan above is selected for in another."""
    listed = "        Resources: [!GetAtt Nested.Outputs.Disk]\n        ListOfTags: !Ref AWS::NoValue\n"
    by_tag = TEMPLATE[TEMPLATE.index("        ListOfTags:") : TEMPLATE.index("  Data:")]
    above = parent(Parameters={"Tier": "silver"}).replace(by_tag, listed)
    selection = TEMPLATE[TEMPLATE.index("  Selection:") : TEMPLATE.index("  Data:")]
    below = DATA.replace("Resources:\n", f"Resources:\n{selection}").replace("!Ref Tier}\n  D", "gold}\n  D")
    passed = parent(Parameters={"Plan": {"Ref": "Plan"}, **GOLD}).replace(selection, "")

    named = said(judge, stacks(tmp_path / "a", above))[1]
    chosen = said(judge, stacks(tmp_path / "b", passed, below))[1]

    assert {(address, verdict) for _, address, control, verdict, _ in named if control == COVERED} == {
        ("Data", "NON_COMPLIANT")
    }
    assert chosen == set()


@pytest.mark.parametrize(
    ("url", "names", "code"),
    [
        (URL, (), 4),
        ({"Fn::Sub": "https://s3.${AWS::URLSuffix}/${Bucket}/data.yaml"}, (), 4),
        ({"Ref": "Unsaid"}, ("stacks/data.yaml",), 4),
        ("stacks/none.yaml", (), 4),
        (f"stacks/{'x' * 100_000}.yaml", (), 4),
        ("s3://templates/data.yaml", ("stacks/data.yaml",), 0),
        (URL, ("stacks/data.yaml",), 0),
        ({"Fn::Sub": "https://s3.${AWS::URLSuffix}/${Bucket}/data.yaml"}, ("stacks/data.yaml",), 0),
        (URL, ("stacks/data.yaml", "other/data.yaml"), 4),
    ],
)
def test_a_template_that_is_not_in_reach_leaves_open_what_it_makes(
    judge: Judge, tmp_path: Path, url: Any, names: tuple[str, ...], code: int
) -> None:
    """One input whose file has the name at the end of the URL is taken to be it, which the output says."""
    top = stacks(tmp_path, parent(TemplateURL=url, Parameters=GOLD))
    stacks(tmp_path, top.read_text(encoding="utf-8"), name="other/data.yaml")

    result = judge(top, *(tmp_path / one for one in names))

    assert result.exit_code == code
    assert ("by the name of its file" in "".join(result.assumed)) is (code == 0)
    why = "of Nested, a nested stack, is not in reach, so what it makes is not known"
    assert [why in one.why for one in result.incomplete] == [True] * (code == 4)


def test_one_whose_condition_does_not_hold_makes_nothing(judge: Judge, tmp_path: Path) -> None:
    """Its template is judged nowhere; where the condition is not known, the input is not whole."""
    stack = {"Type": STACK, "Condition": "Copied", "Properties": {"TemplateURL": "stacks/data.yaml"}}
    top = f"{TEMPLATE}  Nested: {json.dumps(stack)}\n"
    hidden = top.replace("!Not [{Condition: Gold}]", "!Equals [!Ref Unsaid, x]")

    stacks(tmp_path / "a", top)
    stacks(tmp_path / "b", hidden)

    assert said(judge, tmp_path / "a") == (0, set())
    assert said(judge, tmp_path / "b")[0] in (3, 4)


def test_stacks_lie_in_stacks(judge: Judge, tmp_path: Path) -> None:
    """Names, parameters and tags go on through each; two of one template are two stacks."""
    inner = {
        "Type": STACK,
        "Properties": {"TemplateURL": "data.yaml", "Parameters": {"Tier": {"Ref": "Tier"}}},
    }
    other = {"Type": STACK, "Properties": {"TemplateURL": "data.yaml"}}
    middle = json.dumps({"Parameters": {"Tier": {}}, "Resources": {"A": inner, "B": other}})
    top = stacks(tmp_path, parent(Parameters=GOLD).replace("data.yaml", "middle.json"))
    write(tmp_path / "stacks" / "middle.json", middle)

    assert said(judge, top) == (3, {("data.yaml", "Nested/B/Disk", COVERED, "NON_COMPLIANT", 5)})


@pytest.mark.parametrize("deep", [1, 2, 12])
def test_stacks_that_lead_around_or_too_deep_are_refused(judge: Judge, tmp_path: Path, deep: int) -> None:
    """In one sentence, with exit code 1; a parameter that goes around is not known."""
    for number in range(deep):
        after = f"{number + 1}.json" if number + 1 < deep or deep > 2 else "0.json"
        nested = {"Type": STACK, "Properties": {"TemplateURL": after}}
        write(tmp_path / f"{number}.json", json.dumps({"Resources": {"N": nested}}))
    write(tmp_path / f"{deep}.json", DATA)

    why = "more than 10 deep into each other" if deep > 2 else "around to itself"
    assert why in refused(judge, tmp_path / "0.json")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("../data.yaml", "of a nested stack lies outside of"),
        ("/etc/passwd", "of a nested stack lies outside of"),
        ("stacks/../../data.yaml", "of a nested stack lies outside of"),
        ("link.yaml", "a symbolic link leads to the template"),
        ("folder/data.yaml", "a symbolic link leads to the template"),
        ("notes.yaml", "it is no template of CloudFormation"),
        ("stacks", "is a directory"),
    ],
)
def test_nothing_is_read_out_of_the_folder(judge: Judge, tmp_path: Path, url: str, why: str) -> None:
    """Neither by a path nor by a link, and nothing that is no template."""
    tree = tmp_path / "tree"
    top = stacks(tree, parent(TemplateURL=url))
    write(tmp_path / "data.yaml", DATA)
    write(tree / "notes.yaml", "a: 1\n")
    (tree / "link.yaml").symlink_to(tree / "stacks" / "data.yaml")
    (tree / "folder").symlink_to(tree / "stacks")

    assert why in refused(judge, top)


def test_a_path_may_lead_up_within_what_is_named(judge: Judge, tmp_path: Path) -> None:
    """Of a folder, all of it is in reach."""
    stacks(tmp_path / "app", parent(TemplateURL="../stacks/data.yaml", Parameters=GOLD))
    write(tmp_path / "app" / "top.yaml", parent(TemplateURL="../stacks/data.yaml", Parameters=GOLD))
    (tmp_path / "stacks").mkdir()
    (tmp_path / "app" / "stacks" / "data.yaml").rename(tmp_path / "stacks" / "data.yaml")

    assert said(judge, tmp_path) == (0, set())


@pytest.mark.parametrize("asset", ["metadata", "manifest"])
def test_the_assets_of_a_cloud_assembly_are_followed(judge: Judge, tmp_path: Path, asset: str) -> None:
    """By what CDK writes beside the stack, else by the list of its assets."""
    key = "1f2e3d.json"
    nested: dict[str, Any] = {
        "Type": STACK,
        "Properties": {
            "TemplateURL": {"Fn::Sub": f"https://s3.${{AWS::Region}}.${{AWS::URLSuffix}}/assets/{key}"},
            "Parameters": GOLD,
        },
    }
    if asset == "metadata":
        nested["Metadata"] = {"aws:asset:path": "AppData.nested.template.json"}
    else:
        source = {"path": "AppData.nested.template.json", "packaging": "file"}
        listed = {
            "version": "36.0.0",
            "files": {"1f2e3d": {"source": source, "destinations": {"a": {"objectKey": key}}}},
        }
        write(tmp_path / "App.assets.json", json.dumps(listed))
    write(tmp_path / "App.template.json", f"{TEMPLATE}  Nested: {json.dumps(nested)}\n")
    write(tmp_path / "AppData.nested.template.json", DATA)

    assert said(judge, tmp_path) == (0, set())


def test_a_role_has_what_a_nested_stack_attaches_to_it(judge: Judge, tmp_path: Path) -> None:
    """Its policy lies in the other template; without it, the role lacks what backups need."""
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    document = {"Statement": [{"Effect": "Allow", "Action": "ec2:CreateSnapshot", "Resource": "*"}]}
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": document, "Roles": [{"Ref": "Plan"}]},
    }
    top = parent(f"  Role: {json.dumps(role)}\n", Parameters={"Plan": {"Ref": "Role"}, **GOLD})
    top = top.replace("!ImportValue role", "!GetAtt Role.Arn")
    with_policy = DATA.replace("Resources:\n", f"Resources:\n  Policy: {json.dumps(policy)}\n")

    lacking = said(judge, stacks(tmp_path / "a", top))[1]

    assert {(address, verdict) for _, address, _, verdict, _ in lacking} == {("Role", "NON_COMPLIANT")}
    assert said(judge, stacks(tmp_path / "b", top, with_policy)) == (0, set())


def test_a_stack_set_that_names_no_place_may_protect_anything(judge: Judge, tmp_path: Path) -> None:
    """What it makes may protect what nothing selects; a volume that a plan selects passes."""
    top = changed(('Value: !Join ["", [go, ld]]', "Value: silver"))
    stack_set = "  Set: {Type: AWS::CloudFormation::StackSet, Properties: {StackSetName: s}}\n"

    before = said(judge, write(tmp_path / "a.yaml", top))
    after = said(judge, write(tmp_path / "b.yaml", top + stack_set))
    covered = said(judge, write(tmp_path / "c.yaml", TEMPLATE + stack_set))[1]

    assert {verdict for *_, control, verdict, _ in before[1] if control == COVERED} == {"NON_COMPLIANT"}
    assert {verdict for *_, control, verdict, _ in after[1] if control == COVERED} == {"INSUFFICIENT_DATA"}
    assert COVERED not in {control for *_, control, _, _ in covered}


def test_parameters_of_a_file_are_those_of_the_template_above(tmp_path: Path) -> None:
    """A file for the template of a nested stack is refused: what makes it says what it is made with."""
    top, data = stacks(tmp_path, parent(Parameters=GOLD)), tmp_path / "stacks" / "data.yaml"
    own = Stacks(own={str(data): StackParameters("p.json", {"Tier": "gold"})})

    with pytest.raises(UsageError, match="makes a nested stack of it and says what it is made with"):
        read_inputs((top, data), Assumed(stacks=own))


def test_a_change_set_of_a_nested_stack_is_beside_its_template(judge: Judge, tmp_path: Path) -> None:
    """It says which tags the stack has and what is lost, and the template what else there is."""
    top = stacks(tmp_path, parent())
    disk = {"Size": 8, "Tags": []}
    changes = change_set(change("Disk", VOLUME, before=disk, after=disk))
    changes["Tags"] = [{"Key": "backup-tier", "Value": "gold"}]
    file = write(tmp_path / "changes.json", json.dumps(changes))
    stacks(tmp_path, parent(), DATA.replace("[{Key: backup-tier, Value: !Ref Tier}]", "[]"))

    alone, beside = (said(judge, *paths)[1] for paths in ([file], [top, file]))

    assert {verdict for *_, control, verdict, _ in alone if control == COVERED} == {"INSUFFICIENT_DATA"}
    assert beside == set()


@pytest.mark.long
def test_the_baseline_has_the_nested_template_as_it_was(command: Said, git: Git, tmp_path: Path) -> None:
    """Also where only the template above is named; what was missed then is old."""
    tags = "{Tags: [{Key: backup-tier, Value: silver}]}"
    other = f"  Other: {{Type: AWS::EC2::Volume, Properties: {tags}}}\nOutputs:"
    below = DATA.replace("Outputs:", other)
    stacks(tmp_path, parent(Parameters={}))
    commit(git)
    stacks(tmp_path, parent(Parameters={}), below)

    _, out, _ = command("check", "top.yaml", "--unit", "", "--diff-base", "HEAD", "--format", "json")

    found = {(one["subject"]["address"], one["control_id"]) for one in json.loads(out)["entries"]}
    assert found == {("Nested/Other", COVERED)}


def test_values_that_stacks_pass_around_are_not_known(judge: Judge, tmp_path: Path) -> None:
    """A parameter made of an output that is made of the parameter: no crash, and nothing passes by it."""
    top = stacks(tmp_path, parent(Parameters={"Tier": {"Fn::GetAtt": ["Nested", "Outputs.Tier"]}}))

    entries = said(judge, top)[1]

    assert {(address, verdict) for _, address, control, verdict, _ in entries if control == COVERED} == {
        ("Nested/Disk", "INSUFFICIENT_DATA")
    }
