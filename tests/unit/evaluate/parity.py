"""Verdicts of the controls of Audit Manager over a small evidence store, each with its own parameters."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from auditor.catalogue.load import Catalogue
from auditor.evaluate.ask import Asker
from auditor.evaluate.subjects import Subjects
from auditor.judge.verdicts import ORDER, judge
from auditor.model.audit_manager import AskedFramework
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, World

CATALOGUE = Catalogue.load()
CONTROLS = {one.id: one for one in CATALOGUE.controls}
HOME = World.home
COMPLIANT, BAD, UNKNOWN, OUT = "COMPLIANT", "NON_COMPLIANT", "INSUFFICIENT_DATA", "NOT_APPLICABLE"


def engine() -> Iterator[Engine]:
    """An engine that has the shipped policies; closed at the end."""
    with closing(open_engine("embedded", CATALOGUE.modules, CATALOGUE.data)) as opened:
        yield opened


def volume(name: str) -> str:
    """The ARN of a volume."""
    return f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/{name}"


def add(world: World, arn: str, kind: str = "EBS", **row: Any) -> str:
    """Add a resource; gives its ARN."""
    base: dict[str, Any] = {"arn": arn, "resource_type": kind, "tags": {}, "created_at": world.start}
    world.add("resources", **{**base, **row})
    return arn


def framework(name: str, scope: Mapping[str, Any] | None = None, **parameters: str) -> AskedFramework:
    """A framework of one control."""
    given = [{"ParameterName": key, "ParameterValue": value} for key, value in parameters.items()]
    control = {"ControlName": name, "ControlInputParameters": given, "ControlScope": dict(scope or {})}
    return AskedFramework.of({"FrameworkName": "f", "FrameworkControls": [control]})


def verdicts(engine: Engine, subjects: Subjects, asked: AskedFramework) -> dict[str, str]:
    """What its control says of each subject in `HOME`, by the last part of the ARN."""
    ((control),) = (CONTROLS[one.name] for one in asked.controls)
    inventory = next(one for one in subjects.inventories if one.scope.region == HOME)
    inventory.scope = replace(inventory.scope, asked=asked)
    (frame,) = (one for one in subjects.frames_of(inventory) if one.subject == control.subject)
    found = judge(
        Asker(engine, CATALOGUE.schemas, subjects.period.as_of).ask(control, frame), (), AS_OF.date()
    )
    names = [arn.rpartition("/")[2].rpartition(":")[2] for arn in frame.arn.to_pylist()]
    return dict(zip(names, (str(ORDER[code]) for code in found.code.tolist()), strict=True))
