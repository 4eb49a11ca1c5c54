"""Rego in this process: microsoft/regorus, packaged as `gordon-to-regorus`.

The interpreter is used and not the compiled `Program`/`Rvm`: the virtual machine turns a runtime error or a
conflict of two rules into "undefined", and then a control that crashed would look as if it had found nothing.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import regorus

from auditor.model.errors import EngineError
from auditor.rego.answers import NOT_APPLICABLE, make_answer, require_control
from auditor.rego.engine import Answer, Json
from auditor.rego.source import inspect, rules_of, sentence

_TRUE: Final = "true"
_UNDEFINED: Final = '"<undefined>"'


class EmbeddedEngine:
    """`Engine` in process. May be used from any thread: each has a copy of its own, as regorus demands."""

    def __init__(self, modules: Mapping[str, str], data: Mapping[str, Json]) -> None:
        self._rules = rules_of({path: inspect(path, rego) for path, rego in sorted(modules.items())})
        self._modules = dict(modules)
        self._data = orjson.dumps(dict(data)).decode()
        self._local = threading.local()

    def ask(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """See `Engine.ask`."""
        require_control(package, self._rules.get(package))
        engine = self._engine()
        return [_ask_one(engine, f"data.{package}", document) for document in inputs]

    def query(self, rule: str, document: Json) -> Json:
        """See `Engine.query`."""
        engine = self._engine()
        try:
            engine.set_input_json(orjson.dumps(document).decode())
            result = orjson.loads(engine.eval_query_as_json(f"[value | value := {rule}]"))
        except RuntimeError as error:
            raise EngineError(
                f"{rule} could not be evaluated: {sentence(error)}; correct the policy."
            ) from None
        values = result["result"][0]["expressions"][0]["value"]
        return values[0] if values else None

    def close(self) -> None:
        """Forget this thread's copy."""
        self._local = threading.local()

    def _engine(self) -> Any:
        engine = getattr(self._local, "engine", None)
        if engine is None:
            engine = regorus.Engine()
            for path, rego in sorted(self._modules.items()):
                engine.add_policy(path, rego)
            engine.add_data_json(self._data)
            self._local.engine = engine
        return engine


def _ask_one(engine: Any, control: str, document: Json) -> Answer:
    try:
        engine.set_input_json(orjson.dumps(document).decode())
        if engine.eval_rule_as_json(f"{control}.applicable") != _TRUE:
            return NOT_APPLICABLE
        compliant = engine.eval_rule_as_json(f"{control}.compliant") == _TRUE
        found = engine.eval_rule_as_json(f"{control}.non_compliant")
    except RuntimeError as error:
        return Answer(error=sentence(error))
    return make_answer(compliant=compliant, found=[] if found == _UNDEFINED else [orjson.loads(found)])
