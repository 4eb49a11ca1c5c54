"""Rego of controls that is another: what finds less is shown, and what cannot be shown is not known."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.control_versions import Controls, Facts, FactsOf
from auditor.check.lowered import Lowered
from auditor.check.lowered_controls import weaker_controls
from auditor.evaluate.facts import Column, Frame, Hole
from tests.check.conftest import AS_OF, Said
from tests.check.test_diff_base import Git, commit, git
from tests.loopback.auditing import Judgement

__all__ = ["git"]

Change = Callable[..., list[Lowered]]
PLACES = {
    "BKP-COV-002": "controls/coverage/bucket_versioned",
    "BKP-ENC-002": "controls/encryption/vault_key_usable",
    "BKP-GOV-004": "controls/governance/within_quotas",
    "BKP-GOV-005": "controls/governance/target_vaults_exist",
    "BKP-FRQ-001": "controls/frequency/rpo_attained",
    "BKP-RET-007": "controls/retention/no_orphan_for_ever",
}
COMPARE = "lib/compare/compare.rego"
OPEN = "its Rego is another"
LESS = {
    "BKP-COV-002": [
        ('versioning == "enabled"', 'versioning in {"enabled", "off"}'),
        ('"suspended", "off"', '"suspended"'),
    ],
    "BKP-ENC-002": [('"gone"', '"gone for good"')],
    "BKP-FRQ-001": [("applicable if", "applicable if input.tier.rpo_hours < 24\n\nelsewhere if")],
}  # fmt: skip
SAME = {
    "BKP-GOV-005": [("target ", "one "), ("target.", "one.")],
    "BKP-GOV-004": [("beyond contains", "over contains"), ("in beyond", "in over")],
}
STRICTER = {"BKP-RET-007": [("compliant if input.recovery_point.resource_gone == false\n", "")]}


def path(control_id: str) -> str:
    """Where its Rego lies."""
    folder = PLACES[control_id]
    return f"{folder}/{folder.rpartition('/')[2]}.rego"


@pytest.fixture(scope="module")
def before(catalogue: Catalogue) -> Controls:
    """A few of the shipped controls."""
    by_id = {one.id: one for one in catalogue.controls if one.id in PLACES}
    return Controls(by_id, catalogue.modules, catalogue.rego, catalogue.data)


def changed(before: Controls, pairs: dict[str, list[tuple[str, str]]]) -> Controls:
    """Controls of which files say something else; each text is there."""
    modules = dict(before.modules)
    for file, words in pairs.items():
        for old, new in words:
            assert old in modules[file]
            modules[file] = modules[file].replace(old, new)
    return replace(before, modules=modules, rego={**before.rego, **modules})


def test_what_finds_less_is_shown_by_an_example(before: Controls) -> None:
    """With the test that has it; other names of its own are nothing, and what finds more is not known."""
    words = {path(one): pairs for one, pairs in {**LESS, **SAME, **STRICTER}.items()}
    after = changed(before, words)

    found = {one.name: one for one in weaker_controls(before, after)}

    def line(control_id: str, text: str) -> tuple[str, int]:
        lines = after.modules[path(control_id)].splitlines()
        return path(control_id), next(n for n, one in enumerate(lines, 1) if text in one)

    def example(control_id: str, verdict: str, test: str, more: str = "") -> str:
        file = path(control_id).replace(".rego", "_test.rego")
        at = before.rego[file].splitlines().index(f"{test} if {{") + 1
        return f"{OPEN}: NON_COMPLIANT becomes {verdict} of the example of {test} ({file}:{at}){more}"

    assert {name: (one.said, (one.file, one.at)) for name, one in found.items() if not one.fault} == {
        "BKP-COV-002": (
            example("BKP-COV-002", "COMPLIANT", "test_anything_else_is_a_finding"),
            line("BKP-COV-002", '{"enabled", "off"}'),
        ),
        "BKP-ENC-002": (
            example("BKP-ENC-002", "INSUFFICIENT_DATA", "test_any_other_is_a_finding"),
            line("BKP-ENC-002", "gone for good"),
        ),
        "BKP-FRQ-001": (
            example("BKP-FRQ-001", "NOT_APPLICABLE", "test_gap_just_beyond_the_rpo", ", and of 4 more"),
            line("BKP-FRQ-001", "rpo_hours < 24"),
        ),
    }
    (unknown,) = (one for one in found.values() if one.fault)
    assert (unknown.name, unknown.said) == ("BKP-RET-007", OPEN)
    assert re.fullmatch(
        r"its Rego is another, and whether it finds less is not known: of the \d+ examples and subjects that "
        r"both versions judge it is not less of any; --against a run .*",
        unknown.fault,
    )
    assert not [*weaker_controls(before, before)]


def test_a_control_that_is_asked_less_often_is_a_finding(catalogue: Catalogue) -> None:
    """At fewer moments, of deleted resources or its subjects no longer; what is asked more often is none."""
    control = next(one for one in catalogue.controls if one.deleted_resources)
    fewer = replace(control, deleted_resources=False, moments=())
    whole, less_often = (Controls({control.id: one}, catalogue.modules) for one in (control, fewer))
    at = " or ".join(f"at the {one}" for one in control.moments)
    assert [one.said for one in weaker_controls(whole, less_often)] == [
        f"it is asked no longer {at} or of deleted resources"
    ]
    assert not [*weaker_controls(less_often, whole)]
    plans = Controls({control.id: replace(control, subject="plan")}, catalogue.modules)
    assert [one.said for one in weaker_controls(whole, plans)] == [
        f"it is asked no longer of subjects of the type {control.subject}"
    ]


FRAMEWORK = """title: t
source: https://example.com
requirements:
  - id: "1"
    asks: There is a backup of each.
    controls: [BKP-COV-001, BKP-FRQ-001]
    tighten: {copy_max_age_rpos: 2}
  - {id: "2", asks: Each can be restored., controls: [BKP-REC-001]}
  - {id: "3", asks: They lie on other media., controls: [], why: No control tells media.}
"""


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("BKP-COV-001, ", "", [("BKP-COV-001 asked no longer for the requirement 1", 6)]),
        (
            '  - {id: "2", asks: Each can be restored., controls: [BKP-REC-001]}\n',
            "",
            [("the requirement 2 is gone", 3)],
        ),
        ("copy_max_age_rpos: 2", "copy_max_age_rpos: 3", [("tighten.copy_max_age_rpos 2 becomes 3", 3)]),
        ("    tighten: {copy_max_age_rpos: 2}\n", "", [("tighten.copy_max_age_rpos 2 is gone", 3)]),
        (
            '  - {id: "3", asks: They lie on other media., controls: [], why: No control tells media.}\n',
            "",
            [],
        ),
        ("copy_max_age_rpos: 2", "copy_max_age_rpos: 1", []),
        ("[BKP-REC-001]", "[BKP-REC-001, BKP-REC-002]", []),
        ("title: t", "title: 1", []),
    ],
)
def test_a_framework_that_asks_less_is_a_finding(
    catalogue: Catalogue, old: str, new: str, found: list[tuple[str, int]]
) -> None:
    """At the line of the requirement; one that is wrong is refused by an audit."""
    assert old in FRAMEWORK
    then, now = (
        Controls({}, catalogue.modules, frameworks={"frameworks/own.yaml": text})
        for text in (FRAMEWORK, FRAMEWORK.replace(old, new))
    )
    lowered = [*weaker_controls(then, now)]
    assert [(one.said, one.at) for one in lowered] == found
    assert all(
        (one.kind, one.name, one.file) == ("framework", "own", "frameworks/own.yaml") for one in lowered
    )
    assert not [*weaker_controls(then, replace(now, frameworks={}))]


@pytest.mark.long
def test_a_library_that_finds_less_is_told_of_each_control_that_rests_on_it(before: Controls) -> None:
    """A way round it that keeps what controls find is not known."""
    lower = changed(before, {COMPARE: [("number > limit", "number > limit + 5")]})
    other = changed(before, {COMPARE: [("number > limit", "limit < number")]})

    found = {one.name: one for one in weaker_controls(before, lower)}

    assert sorted(found) == ["BKP-FRQ-001", "BKP-GOV-004"]
    assert all(
        one.said.startswith(f"{COMPARE}, on which it rests, is another: NON_COMPLIANT")
        for one in found.values()
    )
    assert [(one.name, bool(one.fault)) for one in weaker_controls(before, other)] == [(COMPARE, True)]


@pytest.mark.long
def test_a_file_that_adds_to_a_library_is_told_as_one_that_is_another(before: Controls) -> None:
    """Its rules count wherever the package is named; a library of its own counts for nobody yet."""
    more, own = "lib/compare/more.rego", "lib/own/own.rego"
    added = {more: "package lib.compare\n\nabove(_, _) if false\n", own: "package lib.own\n\nkept := 1\n"}
    kept = {own: added[own]}
    anything = "package lib.compare\n\nat_most(number, _) if is_number(number)\n"

    same, none, less = (
        [*weaker_controls(before, replace(before, modules={**before.modules, **new}))]
        for new in (added, kept, {more: anything})
    )

    assert [(one.name, bool(one.fault), one.file, one.at) for one in same] == [(more, True, more, 1)]
    assert none == []
    assert [(one.name, bool(one.fault)) for one in less] == [(more, True)]


def test_rego_of_what_a_push_makes_that_is_another_is_not_known(before: Controls) -> None:
    """No control judges it; a comment is no change."""
    file = "organization/plans.rego"
    other = changed(before, {file: [("package organization\n", "package organization\n\nextra := 1\n")]})
    comment = changed(before, {file: [("package organization\n", "package organization\n\n# extra\n")]})

    (found,) = weaker_controls(before, other)

    assert (found.name, found.said, found.file) == (file, "Rego of what a push makes is another", file)
    assert found.fault.endswith("whether that is less is not known")
    assert not [*weaker_controls(before, comment)]


def buckets(states: list[str], hidden: int = -1) -> Frame:
    """Buckets by their versioning; what of one is hidden."""
    arns = [f"arn:aws:s3:::b{number}" for number in range(len(states))]
    codes = np.arange(len(states))
    holes = (Hole(("gap",), codes == hidden),) if hidden >= 0 else ()
    facts = {
        "bucket.versioning": Column(codes, states, holes),
        "bucket.was_versioned": Column(np.zeros(len(states), np.int64), [False]),
    }
    column = pa.array(arns)
    return Frame("bucket", "111122223333", "eu-west-1", column, column, column, facts)


@pytest.mark.long
def test_a_default_of_a_parameter_that_lets_more_pass_is_shown(catalogue: Catalogue) -> None:
    """Where no file has the parameter; where one has it, the default changes nothing that is judged."""
    narrow = next(one for one in catalogue.controls if one.id == "BKP-GOV-009")
    parameters = catalogue.data["parameters"]
    fewer = {key: value for key, value in parameters["controls"].items() if key != "waiver_max_findings"}
    without = {**catalogue.data, "parameters": {**parameters, "controls": fewer}}
    for data, lost in ((without, True), (catalogue.data, False)):
        then = Controls({narrow.id: narrow}, catalogue.modules, catalogue.rego, data)
        now = changed(then, {narrow.path: [('"waiver_max_findings", 50', '"waiver_max_findings", 5000')]})
        (found,) = weaker_controls(then, now)
        assert (found.name, not found.fault) == (narrow.id, lost)


@pytest.mark.long
def test_names_that_a_file_reads_by_its_package_are_no_names_of_its_own(before: Controls) -> None:
    """Two that change places mean something else where one is read by its whole path."""
    file = path("BKP-COV-002")
    when = 'input.bucket.versioning == "enabled"'
    enabled = f"compliant if {when}"
    rules = f"compliant if data.controls.coverage.bucket_versioned.{{}}\n\n{{}} if {when}"
    then = changed(before, {file: [(enabled, rules.format("on", "on"))]})
    swapped = [(enabled, rules.format("on", "not_enabled")), ("\tnot_enabled\n", "\ton\n")]
    now = changed(before, {file: [("not_enabled if", "on if"), *swapped]})

    (found,) = weaker_controls(then, now)

    assert (found.name, bool(found.fault)) == ("BKP-COV-002", True)


@pytest.mark.long
@pytest.mark.parametrize(
    ("moment", "states", "hidden", "lost"),
    [
        ("check", ["off", "enabled", "suspended"], -1, "NON_COMPLIANT becomes COMPLIANT of b0 (in.json)"),
        ("audit", ["off"], -1, ""),
        ("check", ["off"], 0, ""),
        ("check", ["enabled"], -1, ""),
    ],
    ids=["found", "not asked then", "not known", "none before"],
)
def test_what_inputs_and_runs_tell_is_judged_too(
    before: Controls, moment: str, states: list[str], hidden: int, lost: str
) -> None:
    """Where a control is asked at that moment; without its tests there is no other example."""
    untested = replace(before, by_id={"BKP-COV-002": before.by_id["BKP-COV-002"]}, rego={})
    after = changed(untested, {path("BKP-COV-002"): LESS["BKP-COV-002"]})

    def made() -> Iterator[Facts]:
        yield Facts(buckets(states, hidden), moment, "b{} (in.json)".format)

    (found,) = weaker_controls(untested, after, FactsOf(AS_OF, made))

    assert found.said == (f"{OPEN}: {lost}" if lost else OPEN)
    assert bool(found.fault) is not bool(lost)


@pytest.mark.long
def test_tests_and_rego_that_come_to_a_limit_prove_nothing(before: Controls) -> None:
    """What the change does to its own tests takes no example of the base away."""
    tests = path("BKP-COV-002").replace(".rego", "_test.rego")
    after = changed(before, {path("BKP-COV-002"): LESS["BKP-COV-002"]})
    without = replace(after, rego={**after.rego, tests: "package controls.coverage.other_test\n"})
    slow = (
        "slow if {\n\tsome a in range\n\tsome b in range\n\ta * b < 0\n}\n\nrange := numbers.range(1, 100000)"
    )
    enabled = 'compliant if input.bucket.versioning == "enabled"'
    more = [(enabled, f"{enabled}\n\ncompliant if slow\n\n{slow}")]
    endless = changed(before, {path("BKP-COV-002"): more})

    (shown,) = weaker_controls(before, without)
    (unknown,) = weaker_controls(before, endless)

    assert (shown.name, shown.fault) == ("BKP-COV-002", "")
    assert (unknown.name, bool(unknown.fault)) == ("BKP-COV-002", True)


@pytest.mark.long
def test_a_weaker_control_of_a_pull_request_is_told(
    command: Said, git: Git, catalogue: Catalogue, tmp_path: Path
) -> None:
    """By the line of its Rego; that it names the example is enough to see what is lost."""
    file = tmp_path / "policies" / path("BKP-COV-002")
    tests = file.with_name("bucket_versioned_test.rego")
    file.parent.mkdir(parents=True)
    file.write_text(catalogue.rego[path("BKP-COV-002")], encoding="utf-8")
    tests.write_text(catalogue.rego[path("BKP-COV-002").replace(".rego", "_test.rego")], encoding="utf-8")
    commit(git)
    weaker = file.read_text(encoding="utf-8")
    for old, new in LESS["BKP-COV-002"]:
        weaker = weaker.replace(old, new)
    file.write_text(weaker, encoding="utf-8")
    line = next(n for n, one in enumerate(weaker.splitlines(), 1) if '{"enabled", "off"}' in one)

    code, out, _ = command("check", "policies", "--diff-base", "HEAD", "--format", "github")

    assert code == 3
    assert f"file=policies/{path('BKP-COV-002')},line={line}," in out
    assert "NON_COMPLIANT becomes COMPLIANT of the example of test_anything_else_is_a_finding" in out


@pytest.mark.long
def test_a_run_shows_what_its_subjects_lose(
    command: Said, git: Git, catalogue: Catalogue, run: Judgement, tmp_path: Path
) -> None:
    """Of a control whose tests have no example of it; without the run it is not known."""
    file = tmp_path / "policies" / "controls" / "coverage" / "selected" / "selected.rego"
    file.parent.mkdir(parents=True)
    rego = catalogue.rego["controls/coverage/selected/selected.rego"]
    file.write_text(rego, encoding="utf-8")
    test = "package controls.coverage.selected_test\n\ntest_nothing if 1 == 1\n"
    file.with_name("selected_test.rego").write_text(test, encoding="utf-8")
    commit(git)
    assert "applicable if input.tier.required" in rego
    file.write_text(
        rego.replace("applicable if input.tier.required", "applicable if false"), encoding="utf-8"
    )

    alone = command("check", "policies", "--diff-base", "HEAD")
    with_run = command("check", "policies", "--diff-base", "HEAD", "--against", run.run)

    assert "of the 0 examples and subjects that both versions judge it is not less of any" in alone[1]
    assert (alone[0], with_run[0]) == (0, 3)
    assert re.search(
        r"NON_COMPLIANT becomes NOT_APPLICABLE of arn:aws:ec2:[a-z0-9-]+:\d{12}:volume/vol-\w+ \(in ",
        with_run[1],
    )
    assert ", and of 1 more" in with_run[1]
