"""The shipped controls on both engines, with every input that their schemas admit."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalogue.load import Catalogue
from auditor.model.policy import Control
from auditor.rego.engine import Answer, Engine
from auditor.rego.load import open_engine

CATALOGUE = Catalogue.load()
CONTROLS = [pytest.param(control, id=control.id) for control in CATALOGUE.controls]

#: Few figures, so that both sides of a limit, and the limit itself, are met often.
FIGURES = [0, 1, 7, 13, 14, 24, 26, 35, 36, 48, 90, 192]
DATES = ["2026-01-05T00:00:00Z", "2026-02-09T00:00:00Z"]


def facts(schema: dict[str, Any], *, whole: bool) -> st.SearchStrategy[Any]:
    """Documents that `schema` admits; with `whole` every fact is there and no list is empty."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        required = schema.get("required", [])
        fields = {name: facts(inner, whole=whole) for name, inner in schema["properties"].items()}
        mandatory = {name: value for name, value in fields.items() if whole or name in required}
        optional = {name: value for name, value in fields.items() if name not in mandatory}
        return st.fixed_dictionaries(mandatory, optional=optional)
    if kind == "array":
        return st.lists(facts(schema["items"], whole=whole), min_size=int(whole), max_size=3)
    if kind == "number":
        return st.sampled_from([*FIGURES, 23.99, 24.01, 34.5])
    plain = {
        "boolean": st.booleans(),
        "integer": st.sampled_from(FIGURES),
        "string": st.sampled_from(DATES if schema.get("format") else ["a", "gold", "7"]),
    }
    return plain[kind]


def projected(control: Control) -> dict[str, Any]:
    """The schema of the facts that the host gives to `control`: those that it reads."""
    return _keep(CATALOGUE.schemas[control.subject], [read.split(".") for read in control.reads])


def _keep(schema: Any, reads: list[list[str]]) -> dict[str, Any]:
    if [] in reads:
        return dict(schema)
    inner = {
        name: _keep(child, [read[1:] for read in reads if read[0] == name])
        for name, child in schema["properties"].items()
        if any(read[0] == name for read in reads)
    }
    required = [name for name in schema.get("required", ()) if name in inner]
    return {**schema, "properties": inner, "required": required}


def documents(control: Control, *, whole: bool) -> st.SearchStrategy[list[Any]]:
    """A batch of subjects."""
    return st.lists(facts(projected(control), whole=whole), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def embedded() -> Iterator[Engine]:
    """The shipped policies in process."""
    engine = open_engine("embedded", CATALOGUE.modules, CATALOGUE.data)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def server(opa_program: str) -> Iterator[Engine]:
    """The shipped policies on an OPA server of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITOR_OPA", opa_program)
        engine = open_engine("opa-server", CATALOGUE.modules, CATALOGUE.data)
    yield engine
    engine.close()


def check(control: Control, answer: Answer) -> None:
    """An answer that the judge can take: no error, no contradiction, every finding with its sentence."""
    assert answer.error is None
    assert not (answer.compliant and answer.non_compliant)
    for finding in answer.non_compliant:
        fields = set(re.findall(r"\{(\w+)\}", control.reasons[finding["code"]]))
        assert fields <= set(finding["evidence"])


@pytest.mark.hypothesis
@pytest.mark.parametrize("control", CONTROLS)
def test_no_admitted_input_is_an_error(control: Control, embedded: Engine) -> None:
    """Any facts may be absent: a control never fails and never contradicts itself."""

    @given(documents(control, whole=False))
    def run(subjects: list[Any]) -> None:
        for answer in embedded.ask(control.package, subjects):
            check(control, answer)

    run()


def settle(subject: Any) -> None:
    """Leave nothing open: what is proven is all there is, and facts that count others agree with them."""
    same = (
        ("resource", "age_hours", "seen_hours"),
        ("backups", "worst_gap_hours", "worst_gap_at_most_hours"),
        ("backups", "newest_age_hours", "newest_age_at_least_hours"),
        ("slots", "came", "came_at_most"),
    )
    for group, known, other in same:
        if other in subject.get(group, {}):
            subject[group][other] = subject[group][known]
    _settle_audit_manager(subject.get("audit_manager", {}))
    if subject.get("resource", {}).get("key_manager") == "AWS_OR_NONE":
        subject["resource"]["key_manager"] = "AWS"
    for name in ("copies", "account_copies"):
        if "candidates" in subject.get(name, {}):
            subject[name]["count"] = len(subject[name]["candidates"])


def _settle_audit_manager(facts: Any) -> None:
    """The same of what AWS's documents leave open: continuous backups, odd schedules, some of a list."""
    facts |= {name: False for name in ("goes_on", "denial_open") if name in facts}
    for rule in facts.get("rules", ()):
        rule["longest_hours"] = rule["shortest_hours"]
    for asked, listed, copied in (
        ("cross_region", "regions", "copy_regions"),
        ("cross_account", "accounts", "copy_accounts"),
    ):
        wanted = facts.get(asked, {}).get(listed, [])
        if not {*wanted}.isdisjoint(facts.get(copied, ())):
            facts[copied] = wanted


@pytest.mark.hypothesis
@pytest.mark.parametrize("control", CONTROLS)
def test_whole_facts_are_always_judged(control: Control, embedded: Engine) -> None:
    """With every fact there and nothing open, a control that applies says one thing or the other."""

    @given(documents(control, whole=True))
    def run(subjects: list[Any]) -> None:
        for subject in subjects:
            settle(subject)
        for answer in embedded.ask(control.package, subjects):
            check(control, answer)
            assert not answer.applicable or answer.compliant != bool(answer.non_compliant)

    run()


@pytest.mark.opa
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.hypothesis
@pytest.mark.parametrize("control", CONTROLS)
def test_both_engines_agree(control: Control, whole: bool, embedded: Engine, server: Engine) -> None:  # noqa: FBT001 -- a case
    """The same answers to the same subjects, to the last figure of the evidence."""

    @given(documents(control, whole=whole))
    def run(subjects: list[Any]) -> None:
        assert embedded.ask(control.package, subjects) == server.ask(control.package, subjects)

    run()


def figures(schema: dict[str, Any]) -> Iterator[str]:
    """The names of the facts that are numbers."""
    for name, fact in schema.get("properties", {}).items():
        if fact["type"] in {"number", "integer"}:
            yield name
        yield from figures(fact)
    if "items" in schema:
        yield from figures(schema["items"])


def reckons(control: Control) -> bool:
    """Whether its rules name a fact that is a number."""
    rules = re.sub("^#.*", "", CATALOGUE.modules[control.path], flags=re.MULTILINE)
    return any(re.search(rf"\b{name}\b", rules) for name in figures(projected(control)))


RECKONING = [param for param in CONTROLS if reckons(cast("Control", param.values[0]))]


@pytest.mark.hypothesis
@pytest.mark.parametrize("control", RECKONING)
def test_a_wrong_type_is_never_compliant(control: Control, embedded: Engine) -> None:
    """Rego orders across types; text, a list, an object or null in place of a figure never passes."""

    @given(facts(projected(control), whole=True), st.sampled_from(["7", [], None, {}]))
    def run(subject: Any, wrong: Any) -> None:
        answer = embedded.ask(control.package, [spoiled(subject, wrong)])[0]
        assert answer.error is None
        assert not answer.compliant

    run()


def spoiled(value: Any, wrong: Any) -> Any:
    """`value` with `wrong` for every number, and nothing kept for ever."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return wrong
    if isinstance(value, dict):
        return {key: False if key == "never_expires" else spoiled(item, wrong) for key, item in value.items()}
    return [spoiled(item, wrong) for item in value] if isinstance(value, list) else value
