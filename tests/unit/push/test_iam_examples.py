"""The IAM policies that users copy are what the code needs, in every partition."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.collect.iam import caller_policy, iam_policy

FOLDER = Path(__file__).parents[3] / "examples" / "iam"


def policy(name: str) -> dict[str, Any]:
    """A policy of the examples."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def test_the_reader_gets_exactly_what_the_collectors_declare() -> None:
    """With any partition in the ARNs."""
    assert policy("auditor-read") == iam_policy("*")


def test_the_caller_may_list_the_organization_and_assume_both_roles() -> None:
    """As the collection declares, with the role of push beside that of the audit."""
    read, push = (caller_policy("*", role)["Statement"] for role in ("AuditorRead", "AuditorPush"))
    listing, assuming = policy("auditor-caller")["Statement"]
    assert listing == read[0]
    assert assuming["Resource"] == sorted(statement[1]["Resource"] for statement in (read, push))


def test_push_passes_the_role_of_the_shipped_parameters(catalogue: Catalogue) -> None:
    """The one that its selections name."""
    statements = {statement["Sid"]: statement for statement in policy("auditor-push")["Statement"]}
    role = catalogue.data["parameters"]["organization"]["backup_role"]
    assert statements["HandRoleToBackup"]["Resource"] == f"arn:*:iam::*:role/{role}"


@pytest.mark.parametrize(
    "name", ["auditor-read", "auditor-push", "auditor-publish", "auditor-caller", "trust"]
)
def test_no_policy_is_of_one_partition(name: str) -> None:
    """An ARN of the partition aws would be refused in China and GovCloud."""
    assert "arn:aws" not in json.dumps(policy(name))
