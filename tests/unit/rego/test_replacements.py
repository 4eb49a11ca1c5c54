"""`with` takes its value from no rule that is read before it too: the embedded engine loses that rule."""

import pytest

from auditor.model.errors import UsageError
from auditor.rego.checks import check
from auditor.rego.source import parse

FILE = "controls/a/b/b.rego"
HEAD = "package controls.a.b\n\nr := 3\n\no := r\n\ns contains 3\n\nf(x) := x\n\ng(_) := r\n\n"
OTHER = {"lib/other.rego": "package lib.other\n\nlimit := 3\n\nlow := limit - 1\n"}


def load(rego: str) -> None:
    """Check a module beside another and the tiers."""
    check([parse(path, text) for path, text in ({FILE: rego} | OTHER).items()], ["tiers"])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("f(r) == 3 with input as r", "controls.a.b.r"),
        ("r == 3 with input as r", "controls.a.b.r"),
        ("not r == 4 with input as r", "controls.a.b.r"),
        ("count(s) == 1 with input as s", "controls.a.b.s"),
        ("f(r) == 3 with input as {`a`: [r]}", "controls.a.b.r"),
        ("f(r) == 3 with input as f(r)", "controls.a.b.r"),
        ("f(r) == 3 with input.a as 1 with input.b as r", "controls.a.b.r"),
        ("o == 3 with input as r", "controls.a.b.r"),
        ("f(r) == 3 with input as o", "controls.a.b.r"),
        ("g(1) == 3 with input as r", "controls.a.b.r"),
        ("f(1) == 1 with input as g(r) with data.tiers as 1", ""),
        ("count([x | x := r]) == 1 with input as r", "controls.a.b.r"),
        ("every x in s { x == 3 } with input as s", "controls.a.b.s"),
        ("count([1 | r == 3 with input as r]) == 1", "controls.a.b.r"),
        ("data.controls.a.b.r == 3 with input as r", "controls.a.b.r"),
        ("data.lib.other.low == 2 with input as data.lib.other.limit", "lib.other.limit"),
        ("f(data.lib.other.limit) == 3 with data.tiers as data.lib.other.limit", "lib.other.limit"),
        ("f(3) == 3 with input as r", ""),
        ("f(3) == 3 with input as f(3)", ""),
        ("f(data.tiers) == 3 with input as data.tiers", ""),
        ("f(1) == 1 with input.a as r with input.b as r", ""),
        ("r == 4 with data.controls.a.b.r as r + 1", ""),
    ],
)
def test_a_rule_before_with_and_in_its_value_is_refused(body: str, rule: str) -> None:
    """Directly, over other rules and functions, anywhere; functions, documents and the target are none."""
    rego = f"{HEAD}t if {{\n\t{body}\n}}\n"
    said = f"{FILE}:14: {rule} is read both before `with` and for its value; "
    if rule:
        with pytest.raises(UsageError) as refused:
            load(rego)
        assert str(refused.value) == f"{said}bind the value to a variable (x := …) first."
    else:
        load(rego)


def test_bound_to_a_variable_it_is_taken() -> None:
    """As the sentence says; a rule that is read in another statement is no matter either."""
    load(f"{HEAD}t if {{\n\tv := r\n\tf(r) == 3 with input as v\n\tr == 3\n\tf(3) == 3 with input as r\n}}\n")
