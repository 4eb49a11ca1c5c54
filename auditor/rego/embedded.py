"""Rego by microsoft/regorus, packaged as `gordon-to-regorus`, in a process of its own.

regorus has no limit of time or memory that Python can set. A policy that used all of either would end this
process too, so regorus runs in another one.

We use the interpreter, not the compiled `Program`/`Rvm`: the virtual machine turns a runtime error, or a
conflict of two rules, into "undefined", and a control that crashed would look as if it had found nothing.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.model.errors import EngineError
from auditor.rego.answers import NOT_APPLICABLE, make_answer, past_strikes, require_control
from auditor.rego.engine import Answer, Json
from auditor.rego.packages import Loaded, rules_of
from auditor.rego.process import Ended, EvaluationLimits, Process

BATCH: Final = 1000
_PACKAGE: Final = "gordon-to-regorus"


class EmbeddedEngine:
    """`Engine` in a child process, which has the policies loaded already. May be used from any thread."""

    def __init__(self, process: Process, modules: Mapping[str, Loaded], limits: EvaluationLimits) -> None:
        self._process = process
        self._rules = rules_of(modules)
        self._limits = limits
        self._strikes: Counter[str] = Counter()
        self._watched: set[str] = set()  # packages of which each answer is waited for alone
        self._lock = threading.Lock()

    def ask(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """See `Engine.ask`."""
        require_control(package, self._rules.get(package))
        answers: list[Answer] = []
        with self._lock:
            while len(answers) < len(inputs):
                rest = inputs[len(answers) :]
                if self._strikes[package] < self._limits.strikes:
                    answers += self._batch(package, rest[:BATCH])
                else:
                    answers += [past_strikes(self._limits.strikes)] * len(rest)
        return answers

    def query(self, rule: str, document: Json) -> Json:
        """See `Engine.query`."""
        with self._lock:
            try:
                self._process.ask({"query": rule}, [document])
                said = self._process.answer()
            except Ended as error:
                said = {"error": f"it {error}"}
        if "error" in said:
            raise EngineError(f"{rule} could not be evaluated: {said['error']}; correct the policy.")
        values = said["values"]
        return values[0] if values else None

    def version(self) -> str:
        """See `Engine.version`."""
        from importlib.metadata import version  # noqa: PLC0415 -- 5 ms that a check does without

        return f"regorus ({_PACKAGE} {version(_PACKAGE)})"

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _batch(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """The answers up to and with the first one that came to a limit, which is an error.

        Answers come several at a time. When one comes to a limit, we ask again one by one to find out which.
        """
        answers: list[Answer] = []
        watched = package in self._watched
        try:
            self._process.ask({"ask": package, "count": len(inputs), "each": watched}, inputs)
            answers.extend(_answer(self._process.answer()) for _ in inputs)
        except Ended as error:
            self._watched.add(package)
            if watched:
                self._strikes[package] += 1
                answers.append(Answer(error=f"it {error}"))
        return answers


def _answer(said: Any) -> Answer:
    if said is None:
        return NOT_APPLICABLE
    if "error" in said:
        return Answer(error=said["error"])
    return make_answer(compliant=said["compliant"], found=said["found"])
