"""The tree of an organization as folders is the one that a file writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.declared import Assumed
from auditor.check.inputs import Inputs, read_inputs
from auditor.model.errors import AuditorError
from tests.check.policies import lasting, parts, policy

OWN, LISTED = "222233334444", "333344445555"


def organization(folder: Path, **files: Any) -> Path:
    """Files in folders, `__` for each step."""
    for name, document in files.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document), encoding="utf-8")
    return folder


def plans(inputs: Inputs) -> set[tuple[str, str, str, str]]:
    """Account, Region, name and rules of each plan."""
    return {
        (one.plan.account_id, one.plan.region, one.plan.name, repr(one.plan.rules))
        for reading in inputs.readings
        for one in reading.plans
    }


FOLDERS = {"organization": {"root": {"folders": True}}}
FILE = {
    "organization": {
        "root": {
            "policies": ["base.json"],
            "units": {
                "Work": {
                    "accounts": {LISTED: {}},
                    "units": {
                        "Production": {
                            "policies": ["Work/Production/kept.json"],
                            "accounts": {OWN: {"policies": [f"Work/Production/{OWN}/own.json"]}},
                        }
                    },
                }
            },
        }
    }
}
POLICIES = {
    "base": policy(),
    "Work__Production__kept": lasting("34"),
    f"Work__Production__{OWN}__own": parts(regions={"@@append": ["us-east-1"]}),
}
LIST: Any = {"accounts": {LISTED: {}}}


def test_folders_say_what_a_file_says(tmp_path: Path) -> None:
    """Units nest, an account is a folder or stands in a list, and nothing is passed over."""
    told = read_inputs((organization(tmp_path / "a", tree=FILE, **POLICIES),), Assumed())
    folders = organization(tmp_path / "b", tree=FOLDERS, Work__accounts=LIST, **POLICIES)
    found = read_inputs((folders,), Assumed())

    assert plans(found) == plans(told)
    assert {account for account, *_ in plans(found)} == {OWN, LISTED}
    assert found.passed_over == []


@pytest.mark.parametrize(
    ("tree", "more", "why"),
    [
        ({"folders": True, "policies": ["base.json"]}, {}, "with `folders: true` the folders beside it are"),
        ({"folders": True, "units": {}}, {}, "with `folders: true` the folders beside it are the tree"),
        ({"folders": False}, {}, "with `folders: true` the folders beside it are the tree"),
        ({"folders": True}, {f"{OWN}__Unit__p": policy()}, f"it lies below account {OWN}"),
        ({"folders": True}, {f"{OWN}__accounts": LIST}, "an account has no accounts in it"),
        ({"folders": True}, {"a__b__c__d__e__f__p": policy()}, "units lie more than 5 deep"),
        (
            {"folders": True},
            {f"{OWN}__p": policy(), "list": {"accounts": {OWN: {"policies": ["base.json"]}}}},
            f"list.json: what it says of account {OWN}, its folder or another file says too",
        ),
        (
            {"folders": True},
            {"a": {"accounts": {OWN: {"name": "a"}}}, "b": {"accounts": {OWN: {"name": "b"}}}},
            f"b.json: what it says of account {OWN}, its folder or another file says too",
        ),
    ],
)
def test_a_mixture_is_refused(tmp_path: Path, tree: Any, more: dict[str, Any], why: str) -> None:
    """In one sentence."""
    document = {"organization": {"root": tree}}
    with pytest.raises(AuditorError) as error:
        read_inputs((organization(tmp_path, tree=document, base=policy(), **more),), Assumed())

    assert why in str(error.value)


def test_a_list_of_accounts_alone_is_no_input(tmp_path: Path) -> None:
    """Without such a tree it is passed over."""
    inputs = read_inputs((organization(tmp_path, base=policy(), accounts=LIST),), Assumed())

    assert inputs.passed_over == [str(tmp_path / "accounts.json")]
