"""The process in which Rego is parsed and evaluated: `python -m auditor.rego.worker`.

It reads requests from its standard input, a line of JSON each, and answers with lines on its standard output:

    {"load": {path: rego}, "data": text, "names": [...]}  a line with what is read next, before each, then one
                                                          {"modules": {...}} or {"refused": sentence}
    {"ask": package, "count": n, "each": bool} and        n lines; each as soon as it is known, else several
    n lines of input                                      at a time, which is quicker
    {"query": rule} and one line of input                 one line
    {"test": rule}                                        one line; rules are evaluated with no input
    {"record": [rules]}                                   one line: for each what its tests ask controls about
    {"coverage": true}                                    one line: by path the lines that no test reached

Its arguments are the seconds of processor time for each evaluation, those for loading, and the MiB of memory
for all: the system ends it at either limit, and whoever started it says so.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Final

import orjson
import regorus

from auditor import children
from auditor.model.errors import UsageError
from auditor.rego.answers import MOST, TOO_DEEP, TOO_LARGE
from auditor.rego.checks import MAX_RULES, check
from auditor.rego.source import Module, parse, sentence

_STACK: Final = 96 << 20  # Linux keeps 128 MiB of addresses free for it
_CHUNK: Final = 1 << 15
_AT_LEAST_SECONDS: Final = 1.0  # slow answers are a sign of life too
_TRUE: Final = "true"
_UNDEFINED: Final = '"<undefined>"'
_NOT_APPLICABLE: Final = b"null"
_SPACE: Final = 8  # regorus writes JSON with this much space in it at the most
_MOST_QUERIED: Final = 16 << 20
#: The most inputs that are taken of one test.
_MOST_RECORDED: Final = 200
_RECORD: Final = "recorded/"
#: Added to a control: each of its rules tells its input, and gives nothing.
_RECORDING: Final = """package {package}

applicable if {{ print(json.marshal(input)); false }}

compliant if {{ print(json.marshal(input)); false }}

non_compliant contains null if {{ print(json.marshal(input)); false }}
"""
_DEEP: Final = (orjson.JSONDecodeError, orjson.JSONEncodeError)


class Worker:
    """Answers requests until there are no more."""

    def __init__(self, requests: BinaryIO, answers: int, seconds: float, loading: float) -> None:
        self._requests = requests
        self._answers = answers
        self._seconds = seconds
        self._loading = loading
        self._engine: Any = None

    def run(self) -> None:
        """Answer until the input ends."""
        for line in self._requests:
            request = orjson.loads(line)
            if "load" in request:
                self._load(request)
            elif "ask" in request:
                self._ask_all(f"data.{request['ask']}", request["count"], each=request["each"])
            elif "test" in request:
                _limit(self._seconds)
                self._say(self._test(request["test"]))
            elif "record" in request:
                _limit(self._seconds)
                self._say(orjson.dumps([self._recorded(rule) for rule in request["record"]]))
            elif "coverage" in request:
                self._say(self._coverage())
            else:
                document = self._requests.readline().decode()
                _limit(self._seconds)
                self._say(self._query(request["query"], document))
            _limit(0)

    def _load(self, request: Mapping[str, Any]) -> None:
        _limit(self._loading)
        try:
            modules = self._read(request["load"])
            self._say(orjson.dumps({"reading": "The policies"}))
            check(modules, request["names"])
        except UsageError as error:
            self._say(orjson.dumps({"refused": str(error)}))
            return
        self._engine = regorus.Engine()
        self._engine.set_enable_coverage(request.get("tests", False))
        for module in modules:
            self._engine.add_policy(module.path, module.text)
        recorded = request.get("recorded", ())
        self._engine.set_gather_prints(bool(recorded))
        for package in recorded:  # behind the control: in front of it, regorus takes rules for undefined
            self._engine.add_policy(f"{_RECORD}{package}", _RECORDING.format(package=package))
        self._engine.add_data_json(request["data"])
        self._say(orjson.dumps({"modules": {module.path: _facts(module) for module in modules}}))

    def _read(self, texts: Mapping[str, str]) -> list[Module]:
        modules: list[Module] = []
        rules = 0
        for path, rego in sorted(texts.items()):
            self._say(orjson.dumps({"reading": path}))
            modules.append(parse(path, rego))
            rules += len(modules[-1].rules)
            if rules > MAX_RULES:
                raise UsageError(
                    f"{path}: with it the policies have more than {MAX_RULES} rules; have fewer."
                )
        return modules

    def _ask_all(self, control: str, count: int, *, each: bool) -> None:
        inputs = [self._requests.readline().decode() for _ in range(count)]
        answers: list[bytes] = []
        size = 0
        due = time.monotonic() + _AT_LEAST_SECONDS
        for document in inputs:
            _limit(self._seconds)
            answers.append(self._ask(control, document))
            size += len(answers[-1])
            if each or size > _CHUNK or time.monotonic() > due:
                self._say(b"\n".join(answers))
                answers, size = [], 0
                due = time.monotonic() + _AT_LEAST_SECONDS
        if answers:
            self._say(b"\n".join(answers))

    def _ask(self, control: str, document: str) -> bytes:
        engine = self._engine
        try:
            engine.set_input_json(document)
            if engine.eval_rule_as_json(f"{control}.applicable") != _TRUE:
                return _NOT_APPLICABLE
            compliant = engine.eval_rule_as_json(f"{control}.compliant") == _TRUE
            found = engine.eval_rule_as_json(f"{control}.non_compliant")
        except BaseException as error:  # noqa: BLE001 -- regorus' panics derive from BaseException
            return _failure(error)
        if len(found) > _SPACE * MOST:
            return orjson.dumps({"error": TOO_LARGE})
        try:
            values = [] if found == _UNDEFINED else [orjson.loads(found)]
            return orjson.dumps({"compliant": compliant, "found": values})
        except _DEEP:
            return orjson.dumps({"error": TOO_DEEP})

    def _query(self, rule: str, document: str) -> bytes:
        try:
            self._engine.set_input_json(document)
            result = self._engine.eval_query_as_json(f"[value | value := {rule}]")
        except BaseException as error:  # noqa: BLE001 -- regorus' panics derive from BaseException
            return _failure(error)
        if len(result) > _SPACE * _MOST_QUERIED:
            return orjson.dumps({"error": f"its value has more than {_MOST_QUERIED} bytes"})
        try:
            return orjson.dumps({"values": orjson.loads(result)["result"][0]["expressions"][0]["value"]})
        except _DEEP:
            return orjson.dumps({"error": TOO_DEEP})

    def _test(self, rule: str) -> bytes:
        try:
            return orjson.dumps({"passed": self._engine.eval_rule_as_json(rule) == _TRUE})
        except BaseException as error:  # noqa: BLE001 -- regorus' panics derive from BaseException
            return _failure(error)

    def _recorded(self, rule: str) -> list[str]:
        """The inputs, as JSON, about which a test asks the controls that are recorded."""
        try:
            self._engine.eval_rule_as_json(rule)
        except BaseException as error:  # noqa: BLE001 -- regorus' panics derive from BaseException
            _failure(error)  # a test that fails has asked something too
        said = [line.partition(": ")[2] for line in self._engine.take_prints()]
        return [*dict.fromkeys(one for one in said if one.startswith("{") and len(one) <= MOST)][
            :_MOST_RECORDED
        ]

    def _coverage(self) -> bytes:
        files = orjson.loads(self._engine.get_coverage_report_as_json())["files"]
        return orjson.dumps({file["path"]: file for file in files})

    def _say(self, line: bytes) -> None:
        view = memoryview(line + b"\n")
        while view:
            view = view[os.write(self._answers, view) :]


def _limit(seconds: float) -> None:
    """End this process after `seconds` of processor time from now; 0 takes the limit away."""
    with suppress(AttributeError):  # a system without: whoever started this still ends it in time
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _failure(error: BaseException) -> bytes:
    if isinstance(error, MemoryError):
        os.abort()
    return orjson.dumps({"error": sentence(error)})


def _facts(module: Module) -> dict[str, Any]:
    """What the other process needs of a module."""
    lines = module.text.splitlines()
    return {
        "package": ".".join(module.package),
        "rules": sorted({rule.path[0] for rule in module.rules}),
        "lines": {rule.path[0]: rule.line for rule in reversed(module.rules)},
        "imports": [lines[statement.line - 1] for statement in module.imports],
        "body": module.body,
    }


def main() -> None:
    """Take the limits, keep standard output for answers alone, and answer."""
    seconds, loading, mebibytes = map(float, sys.argv[1:])
    answers = children.begin(int(mebibytes) << 20, _STACK)
    try:
        Worker(sys.stdin.buffer, answers, seconds, loading).run()
    except MemoryError:
        os.abort()


if __name__ == "__main__":
    main()
