"""What is known of a Rego module before it runs."""

import pytest

from auditor.model.errors import UsageError
from auditor.rego.source import Import, parse

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
    """Every kind of rule by the constant beginning of its name; the body is the rest of the text."""
    module = parse("controls/a/b/b.rego", MODULE)

    assert (module.package, module.line) == (("controls", "a", "b"), 3)
    assert [(rule.path, rule.arity) for rule in module.rules] == [
        (("verdict",), None),
        (("verdict",), None),
        (("verdicts",), None),
        (("names",), None),
        (("deep", "er"), None),
        (("f",), 1),
    ]
    assert module.imports == (
        Import("numbers", ("data", "lib", "numbers"), 5),
        Import("kept", ("data", "lib", "retention"), 6),
    )
    assert module.text == MODULE
    assert module.body.split() == MODULE.partition("# there")[2].split()


@pytest.mark.parametrize(
    "text", ["", "package", "package a\n\nx := {\n", "not rego", "package a\n\nx := 1 +\n"]
)
def test_what_is_not_rego_is_one_sentence(text: str) -> None:
    """It names the file and what to do."""
    with pytest.raises(UsageError, match=r"^a\.rego:\d+:\d+: [^\n]+; correct the policy\.$"):
        parse("a.rego", text)
