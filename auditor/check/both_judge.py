"""Whether another Rego of a control finds less: both versions judge the same facts, and losses are shown.

Facts are what the tests of both versions ask (completed where a schema demands more), what the other inputs
declare, and what a run has recorded. Beside them both versions see the data of the earlier one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from jsonschema import Draft202012Validator

from auditor.catalogue.controls import TEST
from auditor.catalogue.load import shipped_schemas
from auditor.check.control_versions import Controls, Facts, FactsOf
from auditor.derive.columns import ABSENT
from auditor.evaluate.ask import Asker
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.judge.verdicts import CODE, ORDER, judge, verdict_of
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.verdicts import Verdict
from auditor.rego.engine import Engine
from auditor.rego.examples import Example, examples
from auditor.rego.load import open_engine
from auditor.rego.process import EvaluationLimits

Json = Any
Pair = tuple[Control, Control]

_FINDING: Final = CODE[Verdict.NON_COMPLIANT]
_UNKNOWN: Final = CODE[Verdict.INSUFFICIENT_DATA]
#: What finds nothing where something was found; a control that failed says so loudly.
_LESS: Final = (Verdict.COMPLIANT, Verdict.NOT_APPLICABLE, Verdict.INSUFFICIENT_DATA)
#: What stands for a fact that an example leaves out and every subject has.
_MADE: Final[Mapping[str, Json]] = {
    "string": "", "boolean": False, "integer": 1, "number": 1, "array": [], "null": None,
}  # fmt: skip
#: What one evaluation may take: both versions give no verdict here, and the change may be hostile.
_LIMITS: Final = EvaluationLimits(seconds=1.0, strikes=1)
_REQUIRED: Final = "required"
_TIME: Final = "2026-01-01T00:00:00Z"


@dataclass(slots=True)
class BothSaid:
    """What both versions of a control say: how many subjects they judged, of which the later finds less."""

    count: int = 0
    losses: dict[str, Verdict] = field(default_factory=dict)

    @property
    def lost(self) -> str:
        """What is lost, with the first subject of which it is; "" for nothing."""
        if not self.losses:
            return ""
        (who, verdict), more = next(iter(self.losses.items())), len(self.losses) - 1
        others = f", and of {more} more" if more else ""
        return f"{Verdict.NON_COMPLIANT} becomes {verdict} of {who}{others}"

    @property
    def told(self) -> str:
        """What was looked at where nothing is lost."""
        return f"of the {self.count} examples and subjects that both versions judge it is not less of any"


def both_judge(
    before: Controls, after: Controls, pairs: Sequence[Pair], facts: FactsOf | None = None
) -> dict[str, BothSaid]:
    """What both versions of controls say of the same facts, by id.

    Raises:
        UsageError: a module is refused.
        EngineError: the process that evaluates fails.
    """
    found = {old.id: BothSaid() for old, _ in pairs}
    shown = [_examples(before, [old for old, _ in pairs]), _examples(after, [new for _, new in pairs])]
    data = _overlaid(after.data, before.data)
    with (
        closing(open_engine("embedded", before.modules, before.data, limits=_LIMITS)) as first,
        closing(open_engine("embedded", after.modules, data, limits=_LIMITS)) as second,
    ):
        for old, new in pairs:
            documents = _possible([*shown[0][old.id], *shown[1][old.id]], old, new, facts)
            _compare_examples((first, old), (second, new), documents, found[old.id])
        if facts is not None:
            _compare_facts((first, second), pairs, facts, found)
    return found


def _examples(controls: Controls, asked: Sequence[Control]) -> Mapping[str, Sequence[Example]]:
    """What the tests ask; nothing of tests that cannot be loaded, which judge nothing."""
    tests = {one.path.removesuffix(".rego") + TEST for one in asked}.intersection(controls.rego)
    try:
        return examples(controls.modules, {one: controls.rego[one] for one in tests}, controls.data, asked)
    except UsageError:
        return {one.id: [] for one in asked}


def _overlaid(below: Json, above: Json) -> Json:
    """Data of which what the earlier version knows is as it knows it."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: _overlaid(below.get(key), value) for key, value in above.items()}}


def _possible(
    shown: Sequence[Example], old: Control, new: Control, facts: FactsOf | None
) -> list[tuple[Example, Json]]:
    """The examples that a subject may have, each once: of what both read, as the schema says.

    What only one version reads must be there: otherwise only the other one would know what it asks.
    """
    schema = shipped_schemas()[0][old.subject]
    valid = Draft202012Validator(schema)
    apart, reads = {*old.reads} ^ {*new.reads}, [*dict.fromkeys((*old.reads, *new.reads, "as_of"))]
    found: dict[str, tuple[Example, Json]] = {}
    for one in shown:
        given = deepcopy(one.document)
        document: dict[str, Json] = {"as_of": rfc3339(epoch_ms(facts.as_of))} if facts else {}
        for path in reads:
            _put(document, path, _at(given, path))
        if all(_at(given, path) is not None for path in apart) and _completed(document, schema, valid):
            found.setdefault(repr(document), (one, document))
    return [*found.values()]


def _read_of(document: Json, control: Control) -> Json:
    """What a version of a control is given of a document: what it declares to read."""
    found: dict[str, Json] = {}
    for path in ("as_of", *control.reads):
        _put(found, path, _at(document, path))
    return found


def _at(document: Json, path: str) -> Json | None:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _put(document: dict[str, Json], path: str, value: Json | None) -> None:
    *parents, leaf = path.split(".")
    if value is not None:
        for parent in parents:
            document = document.setdefault(parent, {})
        document[leaf] = value


def _completed(document: dict[str, Json], schema: Mapping[str, Json], valid: Draft202012Validator) -> bool:
    """Give a document whatever its schema demands and it lacks; whether it is as the schema says then."""
    errors = [*valid.iter_errors(document)]
    while errors and all(one.validator == _REQUIRED for one in errors):
        for one in errors:
            held, part = document, schema
            for step in one.absolute_path:
                held, part = held[step], _inner(part, step)
            for key in one.validator_value:
                held.setdefault(key, _made(_inner(part, key)))
        errors = [*valid.iter_errors(document)]
    return not errors


def _inner(schema: Mapping[str, Json], step: str | int) -> Mapping[str, Json]:
    found: Mapping[str, Json] = (
        schema.get("items", {}) if isinstance(step, int) else schema["properties"][step]
    )
    return found


def _made(schema: Mapping[str, Json]) -> Json:
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {}
    return schema.get("minimum", _TIME if schema.get("format") == "date-time" else _MADE[kind])


def _compare_examples(
    first: tuple[Engine, Control],
    second: tuple[Engine, Control],
    documents: Sequence[tuple[Example, Json]],
    found: BothSaid,
) -> None:
    said = [
        engine.ask(control.package, [_read_of(one, control) for _, one in documents]) if documents else []
        for engine, control in (first, second)
    ]
    found.count += len(documents)
    for (one, _), *answers in zip(documents, *said, strict=True):
        was, is_ = map(verdict_of, answers)
        if was is Verdict.NON_COMPLIANT and is_ in _LESS:
            found.losses.setdefault(f"the example of {one.name} ({one.path}:{one.line})", is_)


def _compare_facts(
    engines: tuple[Engine, Engine], pairs: Sequence[Pair], facts: FactsOf, found: Mapping[str, BothSaid]
) -> None:
    schemas, as_of = shipped_schemas()[0], rfc3339(epoch_ms(facts.as_of))
    first, second = (Asker(engine, schemas, as_of) for engine in engines)
    for one in facts.made():
        for old, new in pairs:
            if _asked(old, one) and _asked(new, one):
                found[old.id].count += one.frame.size
                lost = dict(_losses((first, old), (second, new), one, facts))
                found[old.id].losses = {**lost, **found[old.id].losses}


def _asked(control: Control, facts: Facts) -> bool:
    frame = facts.frame
    deleted = control.deleted_resources or not frame.deleted
    return control.subject == frame.subject and facts.moment in control.moments and deleted


def _losses(
    first: tuple[Asker, Control], second: tuple[Asker, Control], facts: Facts, when: FactsOf
) -> Iterator[tuple[str, Verdict]]:
    """The subjects of which something was found and no longer is; not those of which a fact is not known."""
    day = when.as_of.date()
    was, is_ = (judge(asker.ask(control, facts.frame), (), day) for asker, control in (first, second))
    answered = is_.answered.projection
    hidden = (answered.gap != ABSENT) | (answered.partial != ABSENT) | (answered.hopeful != ABSENT)
    less = np.isin(is_.code, [CODE[one] for one in _LESS]) & ~((is_.code == _UNKNOWN) & hidden)
    for index in np.flatnonzero((was.code == _FINDING) & less).tolist():
        yield facts.named(index), ORDER[is_.code[index]]
