"""Stack sets of CloudFormation are judged in each account and Region that their template names."""

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
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, messages, said_of
from tests.check.test_cloudformation import COVERED, TEMPLATE, changed, write

Judge = Callable[[Path], CheckResult]
ONE, OTHER = "111122223333", "222233334444"
IRELAND, PARIS = "eu-west-1", "eu-west-3"
UNIT = "ou-ab12-11111111"
SILVER = [{"ParameterKey": "Tier", "ParameterValue": "silver"}]
BARE = changed(('Value: !Join ["", [go, ld]]', "Value: silver"))


@pytest.fixture
def judge(catalogue: Catalogue, engine: Engine) -> Judge:
    """Check a template of an account that no set names."""

    def run(path: Path) -> CheckResult:
        inputs = read_inputs((path,), Assumed("333344445555", IRELAND))
        return judge_inputs(inputs, engine, catalogue, Settings(as_of=AS_OF), CheckOptions(unit=""))

    return run


def group(*accounts: str, regions: Any = (IRELAND,), **more: Any) -> dict[str, Any]:
    """A group of instances of a set."""
    targets = {"Accounts": [*accounts], **more.pop("DeploymentTargets", {})}
    return {"DeploymentTargets": targets, "Regions": regions, **more}


def stack_set(*groups: dict[str, Any], top: str = "Resources:\n", **properties: Any) -> str:
    """A template with a set of the template that protects its volume as gold demands."""
    written = {} if "TemplateURL" in properties else {"TemplateBody": TEMPLATE}
    made = {"StackSetName": "s", "StackInstancesGroup": [*groups], **written, **properties}
    return f"{top}  Set: {json.dumps({'Type': 'AWS::CloudFormation::StackSet', 'Properties': made})}\n"


def covered(result: CheckResult) -> dict[str, str]:
    """What BKP-COV-001 says of each address that does not pass."""
    return {address: verdict for control, address, verdict, _ in said_of(result) if control == COVERED}


@pytest.mark.parametrize("written", ["body", "file"])
def test_each_account_and_region_is_judged(judge: Judge, tmp_path: Path, written: str) -> None:
    """With what its group overrides; the template may be written in the set, or lie beside it."""
    groups = (group(ONE, regions=[IRELAND, PARIS]), group(OTHER, ParameterOverrides=SILVER))
    url = {} if written == "body" else {"TemplateURL": "inner.yaml"}
    write(tmp_path / "inner.yaml", TEMPLATE)

    result = judge(write(tmp_path / "top.yaml", stack_set(*groups, **url)))

    assert covered(result) == {f"Set[{OTHER} {IRELAND}]/Data": "NON_COMPLIANT"}
    assert (result.resources, result.not_looked_at, result.incomplete) == (3, {}, [])
    places = {(one.account_id, one.region) for one in result.entries if one.control_id == COVERED}
    assert places == {(OTHER, IRELAND)}


def test_the_parameters_of_the_set_count_where_no_group_overrides_them(judge: Judge, tmp_path: Path) -> None:
    """As the set says them."""
    over = [{"ParameterKey": "Tier", "ParameterValue": "gold"}]
    groups = (group(ONE, ParameterOverrides=over), group(OTHER))

    result = judge(write(tmp_path / "top.yaml", stack_set(*groups, Parameters=SILVER)))

    assert covered(result) == {f"Set[{OTHER} {IRELAND}]/Data": "NON_COMPLIANT"}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (group(ONE), ""),
        (group(DeploymentTargets={"OrganizationalUnitIds": [UNIT]}), f"the accounts of {UNIT} are not among"),
        (
            group(ONE, DeploymentTargets={"OrganizationalUnitIds": [UNIT], "AccountFilterType": "UNION"}),
            f"the accounts of {UNIT} are not among",
        ),
        (group(ONE, DeploymentTargets={"AccountsUrl": "s3://b/k"}), "its AccountsUrl is not read"),
        (group(ONE, regions={"Ref": "Unsaid"}), "where it makes stacks depends on Ref Unsaid"),
        (group("(any)"), "where it makes stacks depends on (any), which is of no known form"),
    ],
)
def test_where_it_may_make_stacks_is_named(judge: Judge, tmp_path: Path, one: Any, said: str) -> None:
    """A volume that nothing selects is a finding only where the set makes nothing elsewhere."""
    result = judge(write(tmp_path / "top.yaml", stack_set(one, top=BARE)))

    verdict = "INSUFFICIENT_DATA" if said else "NON_COMPLIANT"
    assert covered(result)["Data"] == verdict
    assert said in messages(result)
    assert result.not_looked_at == ({"AWS::CloudFormation::StackSet": 1} if said else {})


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("AWS::DynamoDB::Table", "NON_COMPLIANT"),
        ("AWS::Backup::BackupSelection", "INSUFFICIENT_DATA"),
        ("AWS::CloudFormation::Stack", "INSUFFICIENT_DATA"),
        ("Our::Own::Thing::MODULE", "INSUFFICIENT_DATA"),
    ],
)
def test_a_template_in_which_nothing_protects_leaves_nothing_open(
    judge: Judge, tmp_path: Path, kind: str, verdict: str
) -> None:
    """Wherever its stacks are made; what it makes there is not looked at."""
    units = group(DeploymentTargets={"OrganizationalUnitIds": [UNIT]})
    body = json.dumps({"Resources": {"It": {"Type": kind}}})

    result = judge(write(tmp_path / "top.yaml", stack_set(units, top=BARE, TemplateBody=body)))

    assert covered(result) == {"Data": verdict}
    assert result.not_looked_at == {"AWS::CloudFormation::StackSet": 1}


@pytest.mark.parametrize(
    ("more", "verdict"),
    [({}, "NON_COMPLIANT"), ({"CallAs": "DELEGATED_ADMIN"}, "INSUFFICIENT_DATA")],
    ids=["management", "delegated"],
)
def test_a_tree_tells_the_accounts_of_units(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, more: dict[str, str], verdict: str
) -> None:
    """Without the management account, whose set it is, unless a delegated administrator makes the set."""
    held = {"id": UNIT, "accounts": {ONE: {}, OTHER: {}}}
    tree = {"organization": {"root": {"units": {"Shops": held}}}}
    units = group(DeploymentTargets={"OrganizationalUnitIds": [UNIT]}, ParameterOverrides=SILVER)
    paths = (
        write(tmp_path / "top.yaml", stack_set(units, top=BARE, **more)),
        write(tmp_path / "tree.json", json.dumps(tree)),
    )

    inputs = read_inputs(paths, Assumed(ONE, IRELAND))
    result = judge_inputs(inputs, engine, catalogue, Settings(as_of=AS_OF), CheckOptions(unit=""))

    made = {f"Set[{OTHER} {IRELAND}]/Data": "NON_COMPLIANT"} if verdict == "NON_COMPLIANT" else {}
    assert covered(result) == {"Data": verdict, **made}


def test_filters_of_units_take_no_account_for_a_target(judge: Judge, tmp_path: Path) -> None:
    """A difference leaves these accounts out; a union adds them."""
    targets = {"OrganizationalUnitIds": [UNIT], "AccountFilterType": "DIFFERENCE"}
    left_out = judge(write(tmp_path / "a.yaml", stack_set(group(ONE, DeploymentTargets=targets))))
    targets["AccountFilterType"] = "UNION"
    added = judge(write(tmp_path / "b.yaml", stack_set(group(ONE, DeploymentTargets=targets))))

    assert (left_out.resources, added.resources) == (0, 1)


def test_sets_that_lead_around_or_are_no_template_are_refused(judge: Judge, tmp_path: Path) -> None:
    """In one sentence."""
    around = write(tmp_path / "top.yaml", stack_set(group(ONE), TemplateURL="top.yaml"))
    with pytest.raises(AuditorError, match="nested stacks lead around to itself"):
        judge(around)
    with pytest.raises(AuditorError, match="the template of Set:1: it is not JSON"):
        judge(write(tmp_path / "b.yaml", stack_set(group(ONE), TemplateBody="{")))


def test_many_targets_are_not_followed(judge: Judge, tmp_path: Path) -> None:
    """What they make is unknown then."""
    accounts = (f"{number:012}" for number in range(111_111_111_111, 111_111_111_212))
    many = group(*accounts, regions=[IRELAND, PARIS])

    result = judge(write(tmp_path / "top.yaml", stack_set(many, top=BARE)))

    assert covered(result) == {"Data": "INSUFFICIENT_DATA"}
    assert "it has more than 200 accounts and Regions" in messages(result)
