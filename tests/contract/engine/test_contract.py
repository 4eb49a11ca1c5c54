"""What every engine must do alike: each test runs in process and on a real OPA server."""

import threading
from typing import Any

import pytest

from auditor.model.errors import EngineError, UsageError
from auditor.rego.engine import Answer
from auditor.rego.load import open_engine
from tests.contract.engine.conftest import OpenEngine

GAP = """package controls.frequency.gap

applicable if input.required

compliant if input.gap <= input.rpo

non_compliant contains {"code": "too_long", "evidence": {"gap": input.gap, "limit": data.limits.rpo}} if {
	input.gap > input.rpo
}
"""
PACKAGE = "controls.frequency.gap"

CRASHING = """package controls.a.b

applicable if input.applicable

compliant if input.number == 1

compliant := false if input.conflict

non_compliant contains {"code": "x", "evidence": {"quotient": 1 / input.number}} if input.number != 1

non_compliant contains {"code": "y"} if to_number(input.text) == 2
"""


def test_answers_come_in_the_order_of_their_inputs(open_rego: OpenEngine) -> None:
    """2,500 subjects, more than two batches of a server, alternate between the three outcomes."""
    engine = open_rego({"controls/frequency/gap/gap.rego": GAP}, {"limits": {"rpo": 24}})
    inputs = [{"required": number % 3 > 0, "gap": number, "rpo": 1000} for number in range(2500)]

    answers = engine.ask(PACKAGE, inputs)

    def expected(number: int) -> Answer:
        if number % 3 == 0:
            return Answer()
        if number <= 1000:
            return Answer(applicable=True, compliant=True)
        finding = {"code": "too_long", "evidence": {"gap": number, "limit": 24}}
        return Answer(applicable=True, non_compliant=(finding,))

    assert [expected(number) for number in range(2500)] == answers


def test_no_inputs_no_answers(open_rego: OpenEngine) -> None:
    """An empty batch asks nothing."""
    assert open_rego({"gap.rego": GAP}, {"limits": {"rpo": 24}}).ask(PACKAGE, []) == []


def test_absent_facts_leave_every_rule_undefined(open_rego: OpenEngine) -> None:
    """Neither compliant nor non-compliant: the judge makes INSUFFICIENT_DATA of it."""
    engine = open_rego({"gap.rego": GAP}, {"limits": {"rpo": 24}})

    assert engine.ask(PACKAGE, [{}, {"required": True}, {"required": True, "gap": 3}]) == [
        Answer(),
        Answer(applicable=True),
        Answer(applicable=True),
    ]


def test_only_true_is_true(open_rego: OpenEngine) -> None:
    """A rule whose value is 1, "true" or an object is no yes."""
    rego = (
        "package controls.a.b\n\napplicable := input.value\n\n"
        "compliant := input.value\n\nnon_compliant contains 1 if false\n"
    )
    engine = open_rego({"b.rego": rego})
    values = [True, False, 1, "true", {}, [], None, "<undefined>"]

    assert [answer.applicable for answer in engine.ask("controls.a.b", [{"value": v} for v in values])] == [
        True,
        *[False] * 7,
    ]


def test_findings_are_in_a_stable_order_and_numbers_alike(open_rego: OpenEngine) -> None:
    """Ordered by canonical JSON; 24.0 and 2.4e1 are 24; text that looks like a number stays text."""
    rego = """package controls.a.b

applicable := true

compliant if false

non_compliant contains {"code": code, "evidence": {"n": n}} if some code, n in input.found
"""
    engine = open_rego({"b.rego": rego})
    found = {"z": 24.0, "a": 0.1, "m": "24.0", "é": [1e3, {"x": 35.5}], "b": 9007199254740991, "c": -2.0}

    assert [dict(item) for item in engine.ask("controls.a.b", [{"found": found}])[0].non_compliant] == [
        {"code": "a", "evidence": {"n": 0.1}},
        {"code": "b", "evidence": {"n": 9007199254740991}},
        {"code": "c", "evidence": {"n": -2}},
        {"code": "m", "evidence": {"n": "24.0"}},
        {"code": "z", "evidence": {"n": 24}},
        {"code": "é", "evidence": {"n": [1000, {"x": 35.5}]}},
    ]


@pytest.mark.parametrize(
    "crash",
    [
        pytest.param({"applicable": True, "number": 0}, id="division by zero"),
        pytest.param({"applicable": True, "number": 1, "text": "two"}, id="builtin that fails"),
        pytest.param({"applicable": True, "number": 1, "conflict": True}, id="two values for one rule"),
    ],
)
def test_a_failing_subject_harms_no_other(open_rego: OpenEngine, crash: dict[str, Any]) -> None:
    """Its answer is the error and nothing else; it never looks as if it had passed."""
    engine = open_rego({"controls/a/b/b.rego": CRASHING})
    healthy = {"applicable": True, "number": 1}
    inputs: list[dict[str, Any]] = [healthy] * 7 + [crash] + [healthy] * 5 + [crash]

    answers = engine.ask("controls.a.b", inputs)

    assert [answer.error is None for answer in answers] == [item is healthy for item in inputs]
    assert [answer for answer in answers if answer.error is None] == [
        Answer(applicable=True, compliant=True)
    ] * 12
    for answer in (answers[7], answers[-1]):
        assert answer == Answer(error=answer.error)
        assert "controls/a/b/b.rego:" in str(answer.error)
        assert "\n" not in str(answer.error)


def test_a_subject_that_is_not_applicable_is_asked_nothing_else(open_rego: OpenEngine) -> None:
    """A rule that would crash is not reached."""
    engine = open_rego({"b.rego": CRASHING})

    assert engine.ask("controls.a.b", [{"applicable": False, "number": 0}]) == [Answer()]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ('non_compliant contains "text"', "non_compliant holds something other than {code, evidence}"),
        (
            'non_compliant contains {"evidence": {}}',
            "non_compliant holds something other than {code, evidence}",
        ),
        ('non_compliant contains {"code": "x", "evidence": 3}', "the evidence of x is not an object"),
        ('non_compliant := "text"', "non_compliant is not a set"),
        ('non_compliant := {"code": "x"}', "non_compliant is not a set"),
    ],
)
def test_findings_of_another_shape_are_errors(open_rego: OpenEngine, rule: str, error: str) -> None:
    """A finding that cannot be told is not dropped."""
    engine = open_rego(
        {"b.rego": f"package controls.a.b\n\napplicable := true\n\ncompliant := true\n\n{rule}\n"}
    )

    assert engine.ask("controls.a.b", [{}]) == [Answer(error=error)]


@pytest.mark.parametrize(
    ("levels", "error"),
    [
        (30, None),
        (31, "its answer is nested too deeply"),
        (300, "its answer is nested too deeply"),
    ],
)
def test_evidence_has_some_levels_at_most(open_rego: OpenEngine, levels: int, error: str | None) -> None:
    """32 with the finding and its evidence; more could not be written into a document."""
    chain = "".join(f"x{number + 1} := [x{number}]\n\n" for number in range(levels - 1))
    finding = f'non_compliant contains {{"code": "x", "evidence": {{"v": x{levels - 1}}}}}'
    rego = (
        f"package controls.a.b\n\napplicable := true\n\ncompliant := false\n\nx0 := 1\n\n{chain}{finding}\n"
    )

    assert open_rego({"b.rego": rego}).ask("controls.a.b", [{}])[0].error == error


@pytest.mark.parametrize(("size", "error"), [(1, None), (2, "its findings have more than 1048576 bytes")])
def test_findings_have_some_bytes_at_most(open_rego: OpenEngine, size: int, error: str | None) -> None:
    """All findings about one subject together, as JSON: a MiB."""
    half = (1 << 19) - len('{"code":"1","evidence":{"v":""}}')
    rego = """package controls.a.b

applicable := true

compliant := false

non_compliant contains {"code": code, "evidence": {"v": concat("", [input.text, input.more])}} if {
	some code in ["1", "2"]
}
"""
    document = {"text": "x" * half, "more": "" if size == 1 else "x"}

    assert open_rego({"b.rego": rego}).ask("controls.a.b", [document])[0].error == error


def test_findings_that_are_undefined_are_none(open_rego: OpenEngine) -> None:
    """A control may give `non_compliant` as one undefined value."""
    rego = "package controls.a.b\n\napplicable := true\n\ncompliant := true\n\nnon_compliant := [] if false\n"

    assert open_rego({"b.rego": rego}).ask("controls.a.b", [{}]) == [Answer(applicable=True, compliant=True)]


@pytest.mark.parametrize(
    ("package", "rule"), [("controls.frequency.none", "applicable"), ("lib.half", "compliant")]
)
def test_what_is_no_control_cannot_be_asked(open_rego: OpenEngine, package: str, rule: str) -> None:
    """A package that is not there, or lacks a rule, is an error and not an empty answer."""
    modules = {"gap.rego": GAP, "half.rego": "package lib.half\n\napplicable := true\n"}
    engine = open_rego(modules, {"limits": {"rpo": 24}})

    with pytest.raises(EngineError, match=f"The package {package} has no rule {rule}"):
        engine.ask(package, [{}])


@pytest.mark.parametrize(
    "call",
    [
        "time.now_ns()",
        'http.send({"method": "get", "url": "http://127.0.0.1:1"})',
        'http["send"]({"method": "get", "url": "http://127.0.0.1:1"})',
        "opa.runtime()",
        "rego.metadata.chain()",
        "rego.metadata.rule()",
        'print("x")',
        'trace("x")',
        'rand.intn("x", 9)',
        'uuid.rfc4122("x")',
        'net.lookup_ip_addr("localhost")',
    ],
)
def test_unsafe_builtins_are_refused_when_loading(open_rego: OpenEngine, call: str) -> None:
    """One sentence names the file, the line and the builtin, however deep the call is."""
    rego = f"package controls.a.b\n\nx contains y if {{\n\tsome y in [z | z := [{call}]]\n}}\n"
    name = call.partition("(")[0].replace('["', ".").replace('"]', "")

    with pytest.raises(UsageError) as refused:
        open_rego({"controls/a/b/b.rego": rego})

    assert str(refused.value) == (
        f"controls/a/b/b.rego:4: {name} is refused in a policy: it is none of the functions that it may call "
        "(docs/writing-a-control.md lists them)."
    )


def test_the_name_of_a_builtin_in_text_is_no_call(open_rego: OpenEngine) -> None:
    """Comments and strings may speak of http.send()."""
    rego = '# http.send()\npackage a\n\nx := "http.send()"\n\ny := `time.now_ns()`\n\nz := time.clock(0)\n'

    assert open_rego({"a.rego": rego}).query("data.a.x", {}) == "http.send()"


def test_a_module_that_is_not_rego_is_refused_with_its_place(open_rego: OpenEngine) -> None:
    """The sentence holds file, line and column, and no stack trace."""
    with pytest.raises(UsageError, match=r"^lib/broken\.rego:3:\d+: [^\n]*; correct the policy\.$"):
        open_rego({"lib/broken.rego": "package lib.broken\n\nx := := 1\n"})


def test_query_gives_any_value(open_rego: OpenEngine) -> None:
    """Undefined is None; false and text are themselves."""
    rego = (
        "package organization\n\nimport data.lib.plus\n\n"
        'desired := {"sum": plus.sum_of(input.a, data.more.b), "text": "<undefined>"}\n\n'
        "no := false\n\nnever if input.nothing\n"
    )
    lib = "package lib.plus\n\nsum_of(x, y) := x + y\n"
    engine = open_rego({"organization/a.rego": rego, "zlib/plus.rego": lib}, {"more": {"b": 2}})

    assert engine.query("data.organization.desired", {"a": 1}) == {"sum": 3, "text": "<undefined>"}
    assert engine.query("data.organization.no", {}) is False
    assert engine.query("data.organization.never", {}) is None
    assert engine.query("data.organization.absent", {}) is None


def test_a_query_that_fails_is_one_sentence(open_rego: OpenEngine) -> None:
    """It names the rule and the place."""
    engine = open_rego({"lib/a.rego": "package lib.a\n\nx := 1 / input.zero\n"})

    with pytest.raises(
        EngineError, match=r"^data\.lib\.a\.x could not be evaluated: lib/a\.rego:3:\d+: .*zero"
    ):
        engine.query("data.lib.a.x", {"zero": 0})


def test_files_of_one_package_use_each_other(open_rego: OpenEngine) -> None:
    """Functions may be spread over files, whichever is loaded first, each with METADATA and imports."""
    first = (
        "# METADATA\n# title: First\n# scope: package\npackage organization\n\n"
        "import data.lib.base\n\none(x) := two(x) + base.zero(x)\n"
    )
    second = "package organization\n\nimport data.lib.base\n\ntwo(x) := 2 * three(x)\n\nfour := one(2)\n"
    third = "package organization\n\nthree(x) := x + 1\n"
    base = "package lib.base\n\nzero(x) := x - x\n"
    modules = {"o/1.rego": first, "o/2.rego": second, "o/3.rego": third, "z/base.rego": base}

    assert open_rego(modules).query("data.organization.four", {}) == 6


def test_an_engine_answers_in_any_thread(open_rego: OpenEngine) -> None:
    """Four threads ask one engine at once."""
    engine = open_rego({"gap.rego": GAP}, {"limits": {"rpo": 24}})
    answers: dict[int, list[Answer]] = {}

    def ask(number: int) -> None:
        answers[number] = engine.ask(PACKAGE, [{"required": True, "gap": 1, "rpo": 2}] * 50)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: [Answer(applicable=True, compliant=True)] * 50 for number in range(4)}


def test_what_was_loaded_before_is_gone(open_rego: OpenEngine) -> None:
    """A second engine sees its own modules and data only, also where functions moved."""
    open_rego({"lib/f.rego": "package lib.f\n\nf(x) := x\n", "a.rego": "package a\n\nx := data.lib.f.f(1)\n"})

    engine = open_rego({"a.rego": "package a\n\ny := data.only\n"}, {"only": {"one": 1}})

    assert engine.query("data.a.y", {}) == {"one": 1}
    assert engine.query("data.a.x", {}) is None
    assert engine.query("data.lib", {}) is None


def test_an_unknown_engine_is_a_usage_error() -> None:
    """The sentence names the engines there are."""
    with pytest.raises(
        UsageError, match="There is no engine 'prolog'; the engines are embedded and opa-server"
    ):
        open_engine("prolog", {}, {})


@pytest.mark.parametrize(
    "statement",
    [
        "f(r) == 3 with input as v",
        "o == 3 with input as v",
        "not r == 3 with input as v",
        "f(3) == 3 with input as r",
        "input.b == 3 with input.a as r with input.b as r",
        "r == 4 with data.controls.a.b.r as r + 1",
    ],
)
def test_the_value_of_with(open_rego: OpenEngine, statement: str) -> None:
    """What the loader takes comes to the same on both: the rule keeps its value before `with`."""
    rules = "r := 3\n\no := r\n\nf(x) := x\n"
    rego = (
        f"package controls.a.b\n\n{rules}\napplicable if {{\n\tv := r\n\tv == 3\n\t{statement}\n}}\n\n"
        "compliant if applicable\n\nnon_compliant contains 1 if false\n"
    )
    (answer,) = open_rego({"controls/a/b/b.rego": rego}).ask("controls.a.b", [{}])

    assert answer.applicable is not statement.startswith("not")
