"""The desired state is the same from the embedded engine and from a real OPA."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.rego.load import open_engine

ROOT = Path(__file__).resolve().parents[3]
TWO_TAGS = [
    {"tier": "exempt", "tags": {"a": "1", "b": "2"}},
    {"tier": "gold", "tags": {"a": "1", "c": "3"}, "organizational_units": ["Shop", "Lab"]},
    {"tier": "silver", "tags": {"c": "3", "b": ""}},
]
CROWD = [{"tier": "gold", "tags": {"a": str(number)}} for number in range(31)]
UNDECLARED = [{"tier": "platinum", "tags": {"a": "1"}}]
TOO_MANY = [{"tier": "exempt", "tags": {f"a{n}": "1", f"b{n}": "1"}} for n in range(13)]


@pytest.mark.opa
@pytest.mark.parametrize("assignment", [None, [], TWO_TAGS, CROWD, UNDECLARED, TOO_MANY])
@pytest.mark.parametrize("regions", [["cn-north-1"], ["cn-north-1", "cn-northwest-1"]])
def test_both_engines_desire_the_same(
    opa_program: str, tmp_path: Path, assignment: list[dict[str, Any]] | None, regions: list[str]
) -> None:
    """With the shipped assignment and others, problems included."""
    catalogue = Catalogue.load()
    tiers = dict(catalogue.data["tiers"])
    if assignment is not None:
        tiers["assignment"] = assignment
    data = {"tiers": tiers, "parameters": catalogue.data["parameters"]}
    account = {
        "account_id": "111122223333",
        "name": "shop",
        "ou_path": ["Prod", "Shop"],
        "partition": "aws-cn",
    }
    question = {"account": account, "region": "cn-north-1", "regions": regions}
    (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
    command = [
        opa_program,
        "eval",
        "--stdin-input",
        "--format",
        "values",
        "--data",
        str(tmp_path / "data.json"),
    ]
    for path in sorted((ROOT / "policies" / "organization").glob("*.rego")):
        command += ["--data", str(path)] if not path.name.endswith("_test.rego") else []
    rule = "data.organization.desired"
    done = subprocess.run(
        [*command, rule], input=json.dumps(question), capture_output=True, text=True, check=True
    )
    engine = open_engine("embedded", catalogue.modules, data)
    assert engine.query(rule, question) == json.loads(done.stdout)[0]
    engine.close()
