"""Files with the values of a template's parameters, as AWS's tools write and take it.

Sources: AWS CLI, `aws cloudformation create-stack --parameters file://…`, a list of ParameterKey with
ParameterValue or UsePreviousValue; CodePipeline user guide, "CloudFormation artifacts", an object with
Parameters, and Tags of the stack.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from posixpath import abspath
from typing import Any, Final

import orjson

from auditor import files
from auditor.check.shapes import as_object, deeper, given_twice
from auditor.check.stacks import StackParameters, Stacks
from auditor.model.errors import UsageError
from reports.text import clip

Json = Any

_KEY: Final = "ParameterKey"
_VALUE: Final = "ParameterValue"
_PREVIOUS: Final = "UsePreviousValue"
_MOST_DEEP: Final = 50
_WANTED: Final = (
    'write a list of {"ParameterKey": …, "ParameterValue": …}, or {"Parameters": {…}} as CodePipeline '
    "takes it"
)


def read_stacks(given: Iterable[tuple[str, Path]]) -> Stacks:
    """The parameters in each file: of the template that it is for, "" for every other one.

    Raises:
        UsageError: one cannot be read, is of neither form, or is the second for the same.
    """
    held: dict[str, Path] = {}
    found: dict[str, StackParameters] = {}
    for template, file in given:
        key = abspath(template) if template else ""
        if key in held:
            two = f"{files.shown(held[key])} and {files.shown(file)}"
            which = template or "every template"
            raise UsageError(f"--parameters has two files for {which}, {two}; leave one of them.")
        held[key] = file
        found[template] = _read(file)
    return Stacks(found.pop("", StackParameters()), found)


def _read(file: Path) -> StackParameters:
    """The parameters in a file; no error names a value, which may be a secret."""
    name = files.shown(file)
    try:
        data = files.read(file, files.WRITTEN)
        document: Json = orjson.loads(data)
    except OSError as error:
        raise UsageError(f"{name}: {files.reason(error)}; name a file that can be read.") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{name}:{error.lineno}: it is not JSON; {_WANTED}.") from None
    if deeper(document, _MOST_DEEP):
        raise UsageError(f"{name}: values lie more than {_MOST_DEEP} levels deep in each other; {_WANTED}.")
    twice = given_twice(data)
    if twice:
        raise UsageError(f"{name}: it has {clip(twice, 100)} twice in one object; leave one of them.")
    if isinstance(document, list):
        return StackParameters(name, dict(_listed(document, name)))
    given = as_object(document)
    if not isinstance(given.get("Parameters"), dict):
        raise UsageError(f"{name}: it has no parameters; {_WANTED}.")
    return StackParameters(name, _texts(given, "Parameters", name), _texts(given, "Tags", name))


def _listed(document: list[Json], name: str) -> Iterator[tuple[str, str | None]]:
    """Each parameter of a list; None where the stack keeps the value that it has."""
    seen: set[str] = set()
    for number, entry in enumerate(document, 1):
        found = as_object(entry)
        key, value = found.get(_KEY), found.get(_VALUE)
        if not isinstance(key, str):
            raise UsageError(f"{name}: entry {number} has no {_KEY}; {_WANTED}.")
        if key in seen:
            raise UsageError(f"{name}: it has {clip(key, 100)} twice; leave one of them.")
        seen.add(key)
        kept = found.get(_PREVIOUS) is True and value is None
        if not (kept or isinstance(value, str)):
            raise UsageError(f"{name}: {clip(key, 100)} has no {_VALUE} that is a text; write it in quotes.")
        yield key, value


def _texts(given: Json, part: str, name: str) -> dict[str, str]:
    found = as_object(given.get(part))
    for key, value in found.items():
        if not isinstance(value, str):
            raise UsageError(f"{name}: {clip(key, 100)} in {part} is no text; write it in quotes.")
    return dict(found)


def refuse_others(given: Stacks, every: Sequence[tuple[str, Json]], nested: Mapping[str, str]) -> None:
    """Raise `UsageError` where a file is of no template, or a parameter of none that it is for.

    Each template has its name. What nobody knows may be misspelt. What a stack above passes on to those that
    are `nested`, by their whole paths with the template above, is what they have.
    """
    for wanted, parameters in given.own.items():
        if abspath(wanted) in nested:
            raise UsageError(
                f"--parameters {wanted}={parameters.file}: {nested[abspath(wanted)]} makes a nested stack of "
                "it and says what it is made with; leave the file out."
            )
    templates = [(name, document) for name, document in every if abspath(name) not in nested]
    others = [document for name, document in templates if given.of(name) is given.every]
    for wanted, parameters in given.own.items():
        own = [document for name, document in templates if given.of(name) is parameters]
        if not own:
            raise UsageError(
                f"--parameters {wanted}={parameters.file}: no template among the inputs is "
                f"{wanted}; name it as PATH does."
            )
        _refuse(parameters, own, f"{wanted} has not")
    if templates and not others and given.every.file:
        raise UsageError(f"{given.every.file}: every template has a file of its own; leave it out.")
    _refuse(given.every, others, "no other template has" if given.own else "no template has")


def _refuse(given: StackParameters, templates: Iterable[Json], who: str) -> None:
    known = {name for template in templates for name in as_object(template.get("Parameters"))}
    for name in given.values:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            advice = f"did you mean '{clip(near[0], 100)}'?" if near else "take it out of the file."
            raise UsageError(f"{given.file}: {who} the parameter {clip(name, 100)}; {advice}")
