"""What the tests of controls ask them about: examples of subjects that their author had in mind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from auditor.catalogue.controls import TEST
from auditor.model.policy import Control
from auditor.rego.load import check_sizes
from auditor.rego.process import Ended, EvaluationLimits, Process
from auditor.rego.testing import tests_of

Json = Any

#: The most tests of one control that are run for their examples.
_MOST_TESTS: Final = 500
#: What all tests of one control may take together.
_LIMITS: Final = EvaluationLimits(seconds=2.0)


@dataclass(frozen=True, slots=True)
class Example:
    """An input that a test gives to its control: whole facts or some of them, in the test `name`.

    `path` and `line` are the place of the test below the policies folder.
    """

    path: str
    line: int
    name: str
    document: Mapping[str, Json]


def examples(
    modules: Mapping[str, str],
    tests: Mapping[str, str],
    data: Mapping[str, Json],
    controls: Sequence[Control],
) -> dict[str, list[Example]]:
    """The examples of each of `controls` by id, of their modules and tests by path, and the data beside them.

    A control whose tests come to a limit has none: what they would have asked is not known.

    Raises:
        UsageError: a module is refused, with its file and line.
    """
    rego = {**modules, **tests}
    found: dict[str, list[Example]] = {one.id: [] for one in controls}
    process = Process(_LIMITS)
    try:
        check_sizes(rego)
        loaded = process.load(rego, data, recorded=[one.package for one in controls])
        for control in controls:
            path = control.path.removesuffix(".rego") + TEST
            listed = tests_of(path, loaded[path])[:_MOST_TESTS] if path in loaded else []
            rules = [f"data.{loaded[path].package}.{test.name}" for test in listed]
            try:
                process.ask({"record": rules}, [])
                told = process.answer()
            except Ended:
                continue
            found[control.id] = [
                Example(path, test.line, test.name, orjson.loads(document))
                for test, documents in zip(listed, told, strict=True)
                for document in documents
            ]
    finally:
        process.close()
    return found
