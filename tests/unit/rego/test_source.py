"""What is known of a Rego module before it runs."""

import pytest

from auditor.model.errors import EngineError
from auditor.rego.source import UNSAFE, inspect, rules_of

MODULE = """# METADATA
# title: A module
package controls.a.b # here

import data.lib.numbers
import data.lib.retention as kept # there

default verdict := false

verdict if numbers.above(input.x, 1)

verdicts contains "x" if kept.y

names[key] := 1 if some key in ["a"]

deep.er := 1

f(x) := x
"""


def test_package_rules_imports_and_body() -> None:
    """Every kind of rule by its first name; the body is the rest of the text."""
    module = inspect("controls/a/b.rego", MODULE)

    assert module.package == "controls.a.b"
    assert module.rules == {"verdict", "verdicts", "names", "deep", "f"}
    assert module.imports == ("import data.lib.numbers", "import data.lib.retention as kept # there")
    assert module.text == MODULE
    assert module.body.split() == MODULE.partition("# there")[2].split()


def test_rules_of_a_package_in_several_files() -> None:
    """Files of one package are one."""
    modules = {
        "1": inspect("1", "package a\n\nx := 1\n"),
        "2": inspect("2", "package a\n\ny := 1\n"),
        "3": inspect("3", "package b\n\nz := 1\n"),
    }

    assert rules_of(modules) == {"a": frozenset({"x", "y"}), "b": frozenset({"z"})}


@pytest.mark.parametrize("name", sorted(UNSAFE))
def test_each_unsafe_builtin_is_refused(name: str) -> None:
    """Wherever it is called: in a rule's head, a function, an `every`, under `not`."""
    for text in (
        f"x contains {name}(1)",
        f"f(y) := {name}(y)",
        f"x if {{\n\tevery y in [1] {{\n\t\tnot {name}(y)\n\t}}\n}}",
        f"x := [y | y := {{1: {name}(2)}}]",
        f"x if {{\n\tdata.y with input as {name}(1)\n}}",
    ):
        with pytest.raises(EngineError, match=f"^a.rego:[345]: {name} is refused"):
            inspect("a.rego", f"package a\n\n{text}\n")


def test_own_functions_of_a_like_name_are_not_refused() -> None:
    """`lib.print` and `data.http.send` are the author's own."""
    inspect("a.rego", "package a\n\nimport data.lib\n\nx := lib.print(1)\n\ny := data.http.send(1)\n")


@pytest.mark.parametrize(
    "text", ["", "package", "package a\n\nx := {\n", "not rego", "package a\n\nx := 1 +\n"]
)
def test_what_is_not_rego_is_one_sentence(text: str) -> None:
    """It names the file and what to do."""
    with pytest.raises(EngineError, match=r"^a\.rego:\d+:\d+: [^\n]+; correct the policy\.$"):
        inspect("a.rego", text)
