"""The one list of functions that a policy may call."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import regorus

from auditor.rego.builtins import ALLOWED

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_for_authors_has_the_list() -> None:
    """Each function by its name, and no other."""
    page = (ROOT / "docs" / "writing-a-control.md").read_text(encoding="utf-8")
    listed = page.partition("The functions:\n\n")[2].partition("\n\n")[0]

    assert re.findall("`([^`]+)`", listed) == sorted(ALLOWED)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_the_embedded_engine_has_each(name: str) -> None:
    """A call with too many arguments is refused for them, and not for the function."""
    engine = regorus.Engine()
    engine.add_policy("a.rego", f"package a\n\nx := {name}({', '.join('123456789')})\n")

    with pytest.raises(RuntimeError) as refused:
        engine.eval_rule("data.a.x")

    assert "could not find function" not in str(refused.value)


@pytest.fixture(scope="module")
def opa(opa_program: str) -> dict[str, Any]:
    """What OPA says of itself: its capabilities, by which its own checks go."""
    done = subprocess.run([opa_program, "capabilities", "--current"], capture_output=True, check=True)
    capabilities: dict[str, Any] = json.loads(done.stdout)
    return capabilities


@pytest.mark.opa
def test_opa_has_each_and_takes_none_for_indeterminate(opa: dict[str, Any]) -> None:
    """OPA marks what depends on more than its arguments."""
    functions = {function["name"]: function.get("nondeterministic", False) for function in opa["builtins"]}

    assert {name: functions.get(name) for name in ALLOWED} == dict.fromkeys(ALLOWED, False)


@pytest.mark.opa
def test_opa_checks_the_policies_with_the_list_and_no_network(
    opa: dict[str, Any], opa_program: str, tmp_path: Path
) -> None:
    """With these functions, the operators and `allow_net: []` the shipped policies are whole."""
    limited = {
        **opa,
        "builtins": [
            function
            for function in opa["builtins"]
            if function["name"] in ALLOWED
            or "infix" in function
            or function["name"] in ("internal.member_2", "internal.member_3")
        ],
        "allow_net": [],
    }
    file = tmp_path / "capabilities.json"
    file.write_text(json.dumps(limited))

    done = subprocess.run(
        [opa_program, "check", "--capabilities", str(file), "controls", "lib", "organization"],
        cwd=ROOT / "policies",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")
