"""What a policy may be, decided before either engine."""

from collections.abc import Mapping

import pytest

from auditor.model.errors import UsageError
from auditor.rego.checks import check
from auditor.rego.source import parse

FILE = "controls/a/b/b.rego"
NUMBERS = {"lib/numbers/numbers.rego": "package lib.numbers\n\nabove(x, y) if x > y\n\nlimit := 3\n"}
NOT_ALLOWED = "is refused in a policy: it is none of the functions that it may call"
NO_VALUE = (
    "is refused in a policy: it is neither a rule nor a variable with a value, "
    "and a function can only be called."
)
REPLACED = "`with` replaces input and data only, and"


def load(modules: Mapping[str, str]) -> None:
    """Check modules beside tiers and parameters."""
    check([parse(path, rego) for path, rego in modules.items()], ["tiers", "parameters"])


def refusal(modules: Mapping[str, str]) -> str:
    """The sentence with which they are refused."""
    with pytest.raises(UsageError) as refused:
        load(modules)
    return str(refused.value)


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        pytest.param('x := http.send({"url": input.url})', 3, f"http.send {NOT_ALLOWED}", id="call"),
        pytest.param("x := http.send", 3, f"http.send {NO_VALUE}", id="reference"),
        pytest.param("x := {f | f := [http.send][_]}", 3, f"http.send {NO_VALUE}", id="reference inside"),
        pytest.param(
            "mocked(x) := 1\n\nx if mocked(1) with mocked as http.send",
            5,
            f"{REPLACED} mocked",
            id="with target",
        ),
        pytest.param(
            "mocked(x) := 1\n\nx if data.lib.numbers.limit with data.lib.numbers.limit as http.send",
            5,
            f"http.send {NO_VALUE}",
            id="with value",
        ),
        pytest.param(
            "x if input.y with input.y as print", 3, f"print {NO_VALUE}", id="with value of one word"
        ),
        pytest.param(
            "f(x) := 1\n\nx if count([1]) == 1 with count as f",
            5,
            f"{REPLACED} count",
            id="with on a built-in",
        ),
        pytest.param(
            "x if time.now_ns() == 1 with time.now_ns as 1",
            3,
            f"{REPLACED} time.now_ns",
            id="with on the clock",
        ),
        pytest.param(
            "import http.send\n\nx := send({})", "3:8", "import path must begin with one of", id="import"
        ),
        pytest.param(
            "import input.x as http\n\nx := http.send({})",
            5,
            "there is no function http.send",
            id="alias of a fact",
        ),
        pytest.param(
            "import data.tiers as http\n\nx := http.send({})",
            5,
            "there is no function http.send",
            id="alias of data",
        ),
        pytest.param(
            "x if {\n\tsome http in [1]\n\thttp.send({})\n}",
            5,
            "http.send is called, and http is a variable here",
            id="variable",
        ),
        pytest.param(
            "x if {\n\tf := http.send\n\tf({})\n}", 5, "f is called, and f is a variable here", id="assigned"
        ),
        pytest.param(
            'x := json.match_schema(input, {"$ref": "http://127.0.0.1:9/s"})',
            3,
            f"json.match_schema {NOT_ALLOWED}",
            id="schema with a remote reference",
        ),
        pytest.param(
            'x := json.verify_schema({"$ref": "http://127.0.0.1:9/s"})',
            3,
            f"json.verify_schema {NOT_ALLOWED}",
            id="schema to be verified",
        ),
        pytest.param("x := internal.member_2(1, [1])", 3, f"internal.member_2 {NOT_ALLOWED}", id="internal"),
        pytest.param("x := test.sleep(1)", 3, f"test.sleep {NOT_ALLOWED}", id="only one engine has it"),
        pytest.param(
            'x := units.parse_bytes("1.5")',
            3,
            f"units.parse_bytes {NOT_ALLOWED}",
            id="engines answer it otherwise",
        ),
        pytest.param("x := bits.lsh(1, 10000000000)", 3, f"bits.lsh {NOT_ALLOWED}", id="nothing ends it"),
        pytest.param("x := nofunction(1)", 3, f"nofunction {NOT_ALLOWED}", id="no such function"),
        pytest.param(
            "x := data.lib.numbers.below(1, 2)", 3, "there is no function data.lib.numbers.below", id="typo"
        ),
        pytest.param(
            "x := data.lib.numbers.above(1)",
            3,
            "data.lib.numbers.above takes 2 arguments, not 1.",
            id="arity",
        ),
        pytest.param("x := y", 3, f"y {NO_VALUE}", id="variable without a value"),
        pytest.param(
            "x := data.secrets.key", 3, "data.secrets.key is not there for a policy to read", id="other data"
        ),
        pytest.param(
            "f(x) := f(x + 1)\n\nx := f(1)",
            3,
            "controls.a.b.f depends on itself; no rule may.",
            id="recursion",
        ),
        pytest.param("x if y\n\ny if not x", 3, "controls.a.b.x depends on itself", id="recursion of two"),
        pytest.param("x := count(data)", 3, "controls.a.b.x depends on itself", id="all of data"),
        pytest.param(
            "x := [k | some k; data.controls.a[k]]", 3, "controls.a.b.x depends on itself", id="all controls"
        ),
        pytest.param("input := 1", "3:1", "input cannot be shadowed", id="rule called input"),
        pytest.param("f(input) := 1", 3, "input has its own meaning; choose another name.", id="argument"),
        pytest.param(
            "import data.tiers as input\n\nx := 1", 3, "input has its own meaning", id="alias called input"
        ),
        pytest.param(
            "x if {\n\tsome data in [1]\n}", 3, "data has its own meaning", id="variable called data"
        ),
    ],
)
def test_what_a_rule_may_not_do(body: str, line: object, said: str) -> None:
    """One sentence with the file and the line, whatever the position."""
    module = f"package controls.a.b\n\n{body}\n"

    assert refusal({FILE: module, **NUMBERS}).startswith(f"{FILE}:{line}: {said}")


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("x := 1\n\nx contains 2", 5, "x is something else too; choose another name."),
        ("x := 1\n\nx(_) := 2", 5, "x is something else too; choose another name."),
        ("x(_) := 1\n\nx(_, _) := 2", 5, "x is something else too; choose another name."),
        ("default x := 1\n\ndefault x := 2", 5, "x has a default already; remove one."),
        (
            "import data.lib.numbers\nimport data.tiers as numbers\n\nx := 1",
            3,
            "numbers stands for something else too",
        ),
        ("import data.tiers\nimport data.tiers\n\nx := 1", "4:1", "import shadows following import"),
        ("import data.lib.numbers\n\nnumbers := 1", 3, "numbers stands for something else too"),
        (
            "y := 1\n\nx if {\n\tsome y in [1]\n}",
            6,
            "y is a rule or an import too; choose another name for the variable.",
        ),
        ("y := 1\n\nx if {\n\tsome y\n\tinput[y]\n}", 6, "y is a rule or an import too; choose"),
        (
            "import data.lib.numbers\n\nx := [1 | some numbers in [1]]",
            5,
            "numbers is a rule or an import too; choose",
        ),
        ("x if {\n\tsome y, z\n\tinput[z]\n}", 4, "the variable y is not used; remove it."),
        ("x := data.lib.numbers.above", 3, "data.lib.numbers.above is a function, which can only be called."),
        ("f(_) := 1\n\nx := [f]", 5, "f is a function, which can only be called."),
    ],
)
def test_what_one_engine_alone_would_take(body: str, line: object, said: str) -> None:
    """What OPA refuses, or answers otherwise: it is refused for both."""
    module = f"package controls.a.b\n\n{body}\n"

    assert refusal({FILE: module, **NUMBERS}).startswith(f"{FILE}:{line}: {said}")


def test_one_name_for_two_things_in_the_files_of_a_package() -> None:
    """OPA gets them as one module."""
    modules = {
        "organization/a.rego": "package organization\n\nimport data.lib.numbers\n\nx := numbers.limit\n",
        "organization/b.rego": "package organization\n\nimport data.tiers as numbers\n\ny := numbers.limit\n",
    }

    said = refusal({**modules, **NUMBERS})

    assert said == (
        "organization/b.rego:3: numbers stands for something else too in this package; "
        "write `as` and another name."
    )
    load({**modules, "organization/b.rego": modules["organization/a.rego"].replace("x", "y"), **NUMBERS})


def test_what_both_engines_take() -> None:
    """Several bodies and a default of one rule, arguments and `:=` of a rule's name, mocks of functions."""
    body = """import data.lib.numbers

default x := 1

x := 2 if input.y

x := y if y := 3

y := 4

f(y) := y if every x in [1] { x < y }

z.a := 1

z.b contains 2

w if {
	some i
	input[i] == f(i)
	numbers.above(1, 2) with data.lib.numbers.above as data.controls.a.b.g
}

g(_, _) := true
"""

    load({FILE: f"package controls.a.b\n\n{body}\n", **NUMBERS})


@pytest.mark.parametrize(
    "place",
    [
        "x contains {} if true",
        "x[{}] := 1 if true",
        "x := 1 if false else := {} if true",
        "f(y) := [y, {}]",
        "x if {{\n\tevery y in [1] {{\n\t\tnot y == {}\n\t}}\n}}",
        "x if {{\n\tevery y in {} {{\n\t\ty\n\t}}\n}}",
        "x := [y | y := {{1: {}}}]",
        "x := {{y | y = {}}}",
        "x := {{y: {} | some y in [1]}}",
        "x if {{\n\tsome y in {}\n}}",
        "x if data.lib.numbers.limit with input as {}",
        "x := count({})",
        "x if 1 in {}",
        "x := 1 + {}",
        "x if 1 < {}",
        "x := [1][{}]",
        "x := {{1}} | {}",
        "default x := {}",
    ],
)
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("time.now_ns()", f"time.now_ns {NOT_ALLOWED}"),
        ('http["send"]({})', f"http.send {NOT_ALLOWED}"),
        ("http.send", f"http.send {NO_VALUE}"),
    ],
)
def test_wherever_it_is_written(place: str, written: str, said: str) -> None:
    """Called or not, in each part of a rule; a default has its own refusal of calls."""
    text = refusal({FILE: f"package controls.a.b\n\n{place.format(written)}\n", **NUMBERS})

    assert said in text or (place.startswith("default") and text.startswith(f"{FILE}:3:"))


def test_what_a_rule_may_do() -> None:
    """The opposite of each: own functions of a built-in's name, mocks of own rules, aliases, variables."""
    rego = """package controls.a.b

import data.lib.numbers
import data.lib.numbers.above as more
import data.tiers as all_tiers
import input.facts as time

applicable if more(input.x, numbers.limit)

compliant if {
	count([1]) == "own"
	compared with numbers_limit as 1
	not compared
	some tier in all_tiers
	tier == "gold"
}

compliant if time.clock == 1

compared if input.x < 9 with input.x as 3

numbers_limit := 2

count(_) := "own"

non_compliant contains {"code": "x"} if {
	some i, j
	input.list[i].y[j] == 7
	{"a": found} = input.o
	found == i
	every k, v in input.list { v.y[k] != 1 }
}
""".replace("compared with numbers_limit as 1", "compared with data.controls.a.b.numbers_limit as 1")
    load({FILE: rego, **NUMBERS})


@pytest.mark.parametrize(
    ("path", "package", "wanted"),
    [
        ("lib/tiers.rego", "tiers", "lib.<name>"),
        ("lib/parameters.rego", "parameters", "lib.<name>"),
        ("lib/lax.rego", "controls.a.b", "lib.<name>"),
        ("lib/lax.rego", "organization", "lib.<name>"),
        ("lib/lax.rego", "lib", "lib.<name>"),
        ("lib/lax.rego", "library.numbers", "lib.<name>"),
        ("lib/lax_test.rego", "controls.a.b", "lib.<name>_test"),
        ("lib/lax_test.rego", "lib.numbers", "lib.<name>_test"),
        ("controls/c/d/d.rego", "controls.a.b", "controls.c.d"),
        ("controls/c/d/d.rego", "tiers", "controls.c.d"),
        ("controls/c/d/d_test.rego", "controls.c.d", "controls.c.d_test"),
        ("controls/c/d/d_test.rego", "controls.a.b_test", "controls.c.d_test"),
        ("organization/more.rego", "controls.a.b", "organization"),
        ("organization/more.rego", "organizational", "organization"),
        ("organization/more_test.rego", "organization", "organization_test"),
    ],
)
def test_a_file_defines_the_package_of_its_folder_only(path: str, package: str, wanted: str) -> None:
    """`lib/` cannot add to the tiers, the parameters or a control; tests cannot add to what they test."""
    said = refusal({path: f"# a comment\npackage {package}\n\nx := 1\n"})

    assert said == f"{path}:2: in this file the package must be {wanted}, not {package}."


def test_the_packages_of_each_folder() -> None:
    """What belongs there is let through, tests with it."""
    packages = {
        "lib/numbers/numbers.rego": "lib.numbers",
        "lib/numbers/numbers_test.rego": "lib.numbers_test",
        "controls/a/b/b.rego": "controls.a.b",
        "controls/a/b/b_test.rego": "controls.a.b_test",
        "organization/plans.rego": "organization",
        "organization/vaults.rego": "organization.vaults",
        "organization/plans_test.rego": "organization_test",
    }

    load({path: f"package {package}\n\nx := 1\n" for path, package in packages.items()})


def test_a_rule_has_no_package_name() -> None:
    """`lib.numbers` cannot be a rule of `lib.other` and a package."""
    modules = {
        "lib/a.rego": "package lib.a\n\nb.c := 1\n",
        "lib/b.rego": "package lib.a.b.c\n\nx := 1\n",
    }

    assert refusal(modules) == "lib/a.rego:3: lib.a.b.c is a package too; choose another name."


def test_depth_is_one_sentence() -> None:
    """A long sum is a deep tree."""
    text = "package lib.a\n\nx := 1" + "\n\t+ 1" * 500 + "\n"

    assert refusal({"lib/a.rego": text}) == "lib/a.rego: it is nested too deeply; write it in several rules."
