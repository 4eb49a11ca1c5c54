"""What both engines refuse alike; tests/unit/rego/test_checks.py has every case of it."""

import pytest

from auditor.catalogue.layers import MAX_REGO
from auditor.model.errors import UsageError
from auditor.rego.load import MAX_LINES, open_engine
from auditor.rego.process import EvaluationLimits
from tests.contract.engine.conftest import OpenEngine

FILE = "controls/a/b/b.rego"
HEAD = "package controls.a.b\n\n"
NOT_ALLOWED = (
    "is refused in a policy: it is none of the functions that it may call "
    "(docs/writing-a-control.md lists them)."
)
REMOTE = '# METADATA\n# schemas:\n#   - input: {"$ref": "http://127.0.0.1:9/s"}\n'
LAX = "package controls.a.b\n\ncompliant := true\n"


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        pytest.param(
            {FILE: f"{HEAD}mocked(x) := x\n\nx := r if r := mocked({{}}) with mocked as http.send\n"},
            f"{FILE}:5: `with` replaces input and data only, and mocked is neither.",
            id="with another function as http.send",
        ),
        pytest.param(
            {FILE: f"{HEAD}f(_) := 1\n\nx if count([1]) == 1 with count as f\n"},
            f"{FILE}:5: `with` replaces input and data only, and count is neither.",
            id="with a built-in as another",
        ),
        pytest.param(
            {FILE: f'{HEAD}x := json.match_schema({{}}, {{"$ref": "http://127.0.0.1:9/s"}})\n'},
            f"{FILE}:3: json.match_schema {NOT_ALLOWED}",
            id="schema with a remote reference",
        ),
        pytest.param(
            {"lib/a.rego": f"{REMOTE}package lib.a\n"},
            "lib/a.rego:3: a schema in METADATA is one of ours; write its name as schema.<name>.",
            id="METADATA with a remote reference",
        ),
        pytest.param(
            {"lib/tiers.rego": "package tiers\n\nx := 1\n"},
            "lib/tiers.rego:1: in this file the package must be lib.<name>, not tiers.",
            id="library that adds to the tiers",
        ),
        pytest.param(
            {FILE: HEAD + "compliant if input.x\n", "lib/lax.rego": LAX},
            "lib/lax.rego:1: in this file the package must be lib.<name>, not controls.a.b.",
            id="library that adds to a control",
        ),
        pytest.param(
            {FILE: f"{HEAD}x := 1\n\ny := nofunction(1)\n"},
            f"{FILE}:5: nofunction {NOT_ALLOWED}",
            id="function that is not there, in a rule that nothing needs",
        ),
        pytest.param(
            {FILE: f"{HEAD}f(x) := f(x + 1)\n\nx := 1\n"},
            f"{FILE}:3: controls.a.b.f depends on itself; no rule may.",
            id="recursion",
        ),
        pytest.param(
            {FILE: f"{HEAD}default x := 1\n\ndefault x := 2\n"},
            f"{FILE}:5: x has a default already; remove one.",
            id="two defaults",
        ),
        pytest.param(
            {FILE: f"{HEAD}import data.tiers\n\ntiers := 1\n"},
            f"{FILE}:3: tiers stands for something else too in this package; write `as` and another name.",
            id="import and rule of one name",
        ),
        pytest.param(
            {FILE: f"{HEAD}y := 1\n\nx if {{\n\tsome y in [1]\n}}\n"},
            f"{FILE}:6: y is a rule or an import too; choose another name for the variable.",
            id="variable and rule of one name",
        ),
    ],
)
def test_both_engines_refuse_the_same(open_rego: OpenEngine, modules: dict[str, str], said: str) -> None:
    """One sentence, before the engine has anything."""
    with pytest.raises(UsageError) as refused:
        open_rego(modules, {"tiers": {}, "parameters": {}})

    assert str(refused.value) == said


def test_own_functions_of_a_builtins_name_and_mocks_of_own_rules(open_rego: OpenEngine) -> None:
    """What both take alike: a name means what its import or its package says."""
    rego = f"""{HEAD}import data.lib.numbers

applicable if numbers.range(1, 2) == "own"

compliant if {{
	count([1]) == "own"
	compared with input.x as 1
	two with data.controls.a.b.limit as 2
	not two
}}

compared if input.x < 2

two if limit == 2

limit := 1

count(_) := "own"

non_compliant contains 1 if false
"""
    lib = 'package lib.numbers\n\nrange(_, _) := "own"\n'

    (answer,) = open_rego({FILE: rego, "lib/numbers/n.rego": lib}).ask("controls.a.b", [{"x": 3}])

    assert (answer.applicable, answer.compliant, answer.error) == (True, True, None)


MANY = {f"lib/m{number}.rego": f"package lib.m{number}\n\n" + "x := 1\n" * 2001 for number in range(10)}


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (
            {FILE: HEAD + "#" * MAX_REGO},
            f"{FILE}: it has 1048598 bytes; 1048576 are the most, so write several files.",
        ),
        ({FILE: HEAD + "\n" * MAX_LINES}, f"{FILE}: it has more than 20000 lines; write several files."),
        (MANY, "lib/m9.rego: with it the policies have more than 20000 rules; have fewer."),
        (
            {f"lib/m{number}.rego": "#" * MAX_REGO for number in range(17)},
            "The policies have 17825792 bytes; 16777216 are the most: remove some.",
        ),
        (
            {FILE: HEAD + "".join(f"x{number} := [{number}]\n" for number in range(15_000))},
            f"{FILE}: it cannot be loaded, as it takes more than 0.25 s of processor time; make it simpler.",
        ),
        (
            {FILE: f"{HEAD}x := " + "(\n" * 19_000 + "1" + ")" * 900},
            f"{FILE}:15: brackets lie too deep in each other; write it in several rules.",
        ),
    ],
    ids=["bytes of a file", "lines of a file", "rules", "bytes of all", "time", "depth"],
)
def test_policies_that_are_too_much_are_refused(modules: dict[str, str], said: str) -> None:
    """One sentence each, soon, and no end of this process."""
    limits = EvaluationLimits(loading_seconds=0.25 if FILE in modules and "[" in modules[FILE] else 30)

    with pytest.raises(UsageError) as refused:
        open_engine("embedded", modules, {}, limits=limits)

    assert str(refused.value) == said


def test_a_file_and_lines_at_the_limit_are_let_through() -> None:
    """One byte and one line less than too many."""
    open_engine("embedded", {FILE: HEAD + "# x\n" * (MAX_LINES - 3)}, {}).close()
    line = "#" * 1000 + "\n"
    rows = (MAX_REGO - len(HEAD)) // len(line)
    rego = HEAD + line * rows
    open_engine("embedded", {FILE: rego + "#" * (MAX_REGO - len(rego))}, {}).close()
