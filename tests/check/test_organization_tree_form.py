"""The file with the tree of an organization: its form, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.declared import Assumed, Source
from auditor.check.lines import document_of
from auditor.check.organizations.tree import read_tree
from auditor.check.organizations.units import organization_tree
from auditor.model.errors import AuditorError
from tests.check.conftest import Check, Said
from tests.check.policies import lasting, policy, tree
from tests.check.terraform import ACCOUNT, Plan

Json = dict[str, Any]


def deep(count: int) -> Json:
    """Units that lie so deep in each other, with an account in the last."""
    unit: Json = {"accounts": {ACCOUNT: None}}
    for number in range(count):
        unit = {"units": {f"u{number}": unit}}
    return {"organization": {"root": unit}}


def test_units_lie_five_deep(check: Check) -> None:
    """No deeper in AWS; what is as deep as a file may be is refused in one sentence too."""
    assert check(deep(5)).exit_code == 4
    for count in (6, 40):
        with pytest.raises(AuditorError, match="units lie more than 5 deep in each other"):
            check(deep(count))


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ({}, "there is no account in the tree; write each where it is."),
        ({"accounts": {"1": {}}}, "is wrong"),
        ({"accounts": []}, "'accounts' must be"),
        ({"accounts": {ACCOUNT: {"polices": []}}}, "unknown key 'polices'; the keys are name, policies."),
        ({"id": "ou-1", "accounts": {ACCOUNT: {}}}, "the id of the root or unit, such as r-ab12"),
        ({"policies": ["a.json"] * 2, "accounts": {ACCOUNT: {}}}, "'policies' is wrong"),
        ({"policies": [f"{n}.json" for n in range(11)], "accounts": {ACCOUNT: {}}}, "'policies' is wrong"),
        (
            {"policies": ["../secret.json"], "accounts": {ACCOUNT: {}}},
            "secret.json is no backup policy among the inputs; name it too, or its folder.",
        ),
        (
            {"accounts": {ACCOUNT: {}}, "units": {"u": {"accounts": {ACCOUNT: {}}}}},
            f"account {ACCOUNT} is in the tree twice; keep one of them.",
        ),
    ],
    ids=range(9),
)
def test_a_tree_of_another_form_is_refused_with_its_line(
    command: Said, tmp_path: Path, root: Json, said: str
) -> None:
    """In one sentence."""
    file = tmp_path / "organization.json"
    file.write_text(json.dumps({"organization": {"root": root}}, indent=1), encoding="utf-8")

    code, out, err = command("check", file)

    assert (code, out) == (1, "")
    assert err.startswith(f"auditor: {file}:")
    assert said in err
    assert err.count("\n") == 0


def test_there_is_one_tree(check: Check) -> None:
    """Two may say different things."""
    with pytest.raises(AuditorError, match="are trees of an organization each; name one of them"):
        check(tree(), tree())


def test_a_folder_with_tree_and_policies(command: Said, tmp_path: Path) -> None:
    """In YAML, with names beside the tree; what is said can be read."""
    (tmp_path / "organization.yaml").write_text(
        "organization:\n  root:\n    policies: [base.json, policies/more.yaml]\n"
        "    accounts: {'111122223333': }\n",
        encoding="utf-8",
    )
    (tmp_path / "policies").mkdir()
    (tmp_path / "base.json").write_text(json.dumps(policy()), encoding="utf-8")
    (tmp_path / "policies" / "more.yaml").write_text(json.dumps(lasting("35")), encoding="utf-8")

    code, out, _ = command("check", tmp_path, "--unit", "")

    assert (code, out.splitlines()[-1]) == (
        0, "4 compliant, 0 findings, 1 unknown, 0 not looked at, 0 waived"
    )  # fmt: skip
    assert (
        f"assumed: {tmp_path}/organization.yaml: every backup policy that is attached is named in it" in out
    )


def test_the_tree_of_the_page_is_one() -> None:
    """As it is written there, its policies aside."""
    page = Path("docs/check.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    source = Source("organization.yaml", text.encode())

    reading = read_tree(document_of(source).value, source, Assumed())

    whole = organization_tree([reading], (), Assumed())
    assert whole is not None
    assert {account: [one.policies for one in way] for account, way in whole.ways.items()} == {
        "111122223333": [("base.json",), ()],
        "222233334444": [("base.json",), (), ("production.json", "retention.json"), ()],
        "333344445555": [("base.json",), (), ("production.json", "retention.json"), ("shop.json",)],
    }


def test_so_many_policies_are_no_organization(check: Check) -> None:
    """AWS allows a thousand."""
    made = Plan()
    for number in range(1001):
        made.add(
            f"aws_organizations_policy.p{number}", name="p", type="BACKUP_POLICY", content='{"plans": {}}'
        )
    with pytest.raises(AuditorError, match="1001 backup policies are more than the 1,000"):
        check(made.first())


def test_plans_of_too_many_accounts_are_refused(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is judged."""
    monkeypatch.setattr("auditor.check.organizations.attached._MOST_PLACES", 1)
    documents = (tree(["input-2.json"], ["input-3.json"]), policy(), lasting("36"))
    with pytest.raises(AuditorError, match="its accounts get plans in more than 1 accounts and Regions"):
        check(*documents)
