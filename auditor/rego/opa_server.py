"""Rego on an OPA server (`opa run --server`), through opa-python-client.

The server belongs to this auditor alone while it is in use: we put our modules there under `auditor/` and
remove older ones of ours. A server with other policies is refused, since they could change any verdict.
Policies of its `system` package, which authorize requests, are left alone.

OPA gives an evaluation up when the client closes its request: so we limit its time. Whoever starts the server
limits its memory and starts it again when it ends; then we put the policies there again. We do so with the
server that is ours (`auditor.rego.opa_process`).
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import requests
from opa_client import OpaClient
from opa_client.errors import DeletePolicyError, PolicyNotFoundError, RegoParseError

from auditor.model.errors import EngineError, UsageError
from auditor.rego.answers import (
    NOT_APPLICABLE,
    TOO_DEEP,
    make_answer,
    past_strikes,
    require_control,
)
from auditor.rego.engine import Answer, Json
from auditor.rego.opa_host import HOST, host_module
from auditor.rego.opa_process import OpaProcess
from auditor.rego.opa_words import OURS, plain, said_by_opa
from auditor.rego.packages import Loaded, by_package, rules_of
from auditor.rego.process import EvaluationLimits

BATCH: Final = 1000
_TIMEOUT_SECONDS: Final = 120.0
_PATIENCE: Final = 2  # seconds of waiting for each second of processor time that is allowed
_POLL_SECONDS: Final = 0.1
_DEFAULT_PORT: Final = {"http": 80, "https": 443}
_UNDEFINED: Final = "undefined function"


class OpaServerEngine:
    """`Engine` on the OPA server at `url`; `token` is its bearer token when it demands one."""

    def __init__(
        self,
        modules: Mapping[str, Loaded],
        data: Mapping[str, Json],
        *,
        url: str,
        token: str | None,
        limits: EvaluationLimits,
        server: OpaProcess | None = None,
    ) -> None:
        """`server` stands for `url` where it is ours: it is started, again when it ends, and closed."""
        self._server, self._url = server, ""
        self._rules = rules_of(modules)
        self._limits = limits
        self._strikes: Counter[str] = Counter()
        memory = "" if server is None else f"{limits.mebibytes} MiB of "
        self._lost = f"ended the OPA server, perhaps at its limit of {memory}memory"
        texts = {path: module.text for path, module in modules.items()}
        content = orjson.dumps([texts, dict(data)], option=orjson.OPT_SORT_KEYS)
        self._digest = sha256(content).hexdigest()
        self._batches, host = host_module(self._rules, self._digest)
        self._modules = {**dict(sorted(by_package(modules).items())), f"{HOST}.rego": host}
        self._data = data
        try:
            if server is None:
                self._connect_to(url, token)
                self._upload(self._modules, data)
            else:
                self._restore(ConnectionError())
        except (OSError, ValueError) as error:
            raise self._unreachable(error) from None

    def _connect_to(self, url: str, token: str | None) -> None:
        self._url = url
        self._client = _connect(url, token, _TIMEOUT_SECONDS)
        self._asking = _connect(url, token, self._limits.seconds * _PATIENCE)

    def ask(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """See `Engine.ask`."""
        require_control(package, self._rules.get(package))
        answers: list[Answer] = []
        for start in range(0, len(inputs), BATCH):
            answers += self._batch(package, inputs[start : start + BATCH])
        if answers:
            self._confirm()
        return answers

    def query(self, rule: str, document: Json) -> Json:
        """See `Engine.query`."""
        try:
            result = self._evaluate(rule.removeprefix("data."), document, self._asking)
        except _EvaluationError as error:
            raise EngineError(f"{rule} could not be evaluated: {error}; correct the policy.") from None
        except _LimitError as error:
            raise EngineError(f"{rule} could not be evaluated: it {error}; correct the policy.") from None
        self._confirm()
        return result

    def version(self) -> str:
        """See `Engine.version`."""
        try:
            return f"OPA {self._client.ad_hoc_query('v := opa.runtime().version')['result'][0]['v']}"
        except (OSError, ValueError, LookupError, TypeError):
            return "OPA, which does not tell its version"

    def close(self) -> None:
        """Close the connections; the policies stay on a server that is not ours until the next use of it."""
        self._client.close_connection()
        self._asking.close_connection()
        if self._server is not None:
            self._server.close()

    def _batch(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """Ask in one request; when a subject fails, ask in halves, so that it spoils no other's answer.

        When the request comes to a limit, ask for each subject alone, so that only one more of them waits
        that long.
        """
        if self._strikes[package] >= self._limits.strikes:
            return [past_strikes(self._limits.strikes)] * len(inputs)
        try:
            found = self._evaluate(self._batches[package], {"subjects": list(inputs)}, self._asking)
        except _EvaluationError as error:
            if len(inputs) == 1:
                return [Answer(error=str(error))]
            half = len(inputs) // 2
            return self._batch(package, inputs[:half]) + self._batch(package, inputs[half:])
        except _LimitError as error:
            if len(inputs) == 1:
                self._strikes[package] += 1
                return [Answer(error=f"it {error}")]
            return [answer for subject in inputs for answer in self._batch(package, [subject])]
        if not isinstance(found, list) or len(found) != len(inputs):
            raise EngineError(f"The OPA server at {self._url} left answers out of a batch of {package}.")
        return [_answer(item) for item in found]

    def _evaluate(self, path: str, document: Json, client: Any) -> Json:
        """The document at `path`, None when undefined; a builtin that fails is an error, not "undefined"."""
        strict = {"strict-builtin-errors": "true"}
        try:
            answer = client.query_rule(input_data=document, package_path=path, query_params=strict)
        except RecursionError:
            raise _EvaluationError(TOO_DEEP) from None
        except requests.ReadTimeout:
            raise _LimitError(f"takes more than {client.timeout:g} s") from None
        except requests.ConnectionError as error:
            self._restore(error)
            raise _LostError(self._lost) from None
        except (OSError, ValueError) as error:
            said = said_by_opa(error)
            if said is not None:
                raise _EvaluationError(said) from None
            raise self._unreachable(error) from None
        return answer.get("result")

    def _restore(self, lost: Exception) -> None:
        """Wait for a server that ended to be started again, and give it the policies again."""
        deadline = time.monotonic() + self._limits.seconds * _PATIENCE
        while True:
            server = self._server
            if server is not None:
                server.start({OURS + path: rego for path, rego in self._modules.items()})
                if server.url != self._url:
                    self._connect_to(server.url, server.token)
            try:
                self._upload(self._modules, self._data)
                if server is not None and not server.running:
                    continue  # another program has its port: what it was given counts for nothing
            except (OSError, ValueError):
                if time.monotonic() > deadline:
                    raise self._unreachable(lost) from None
                time.sleep(_POLL_SECONDS)
            else:
                break
        if self._server is not None:
            self._server.answered()

    def _confirm(self) -> None:
        try:
            loaded = self._evaluate(f"{HOST}.loaded", {}, self._client)
        except _LostError:
            return  # they were put there again
        except _LimitError as error:
            raise EngineError(f"The OPA server at {self._url} {error} to answer; start it again.") from None
        if loaded != self._digest:
            raise EngineError(
                f"Another program replaced the policies on the OPA server at {self._url}; give each its own."
            )

    def _upload(self, modules: Mapping[str, str], data: Mapping[str, Json]) -> None:
        there = self._client.get_policies_info()
        system = f"{self._client.root_url}/data/system/"
        foreign = sorted(
            name
            for name, policy in there.items()
            if not name.startswith(OURS) and not policy["path"].startswith(system)
        )
        if foreign:
            raise EngineError(
                f"The OPA server at {self._url} holds other policies ({foreign[0]}); start one without any."
            )
        ours = sorted(name for name in there if name.startswith(OURS))
        for name, value in sorted(data.items()):
            self._client.update_or_create_data(dict(value), name)
        if ours == sorted(OURS + path for path in modules) and self._holds(modules):
            return
        self._settle({name: partial(self._client.delete_policy, name) for name in ours})
        put = self._client.update_policy_from_string
        self._settle(
            {path: partial(put, rego, OURS + path, rego_compat=False) for path, rego in modules.items()}
        )

    def _holds(self, modules: Mapping[str, str]) -> bool:
        """Whether the server has these very texts: each one that it takes costs it a look at all of them."""
        there = self._client.get_policy
        try:
            return all(there(OURS + path)["result"]["raw"] == text for path, text in modules.items())
        except PolicyNotFoundError:
            return False

    def _settle(self, steps: Mapping[str, Callable[[], Any]]) -> None:
        """Take each step; repeat those that need another first, as OPA compiles all it holds after each."""
        waiting = dict(steps)
        while waiting:
            refused: dict[str, str] = {}
            for name, step in waiting.items():
                try:
                    step()
                except (RegoParseError, DeletePolicyError) as error:
                    refused[name] = plain(str(error) if isinstance(error, RegoParseError) else error.message)
            if len(refused) == len(waiting):
                name, said = min(refused.items(), key=lambda item: _UNDEFINED in item[1])
                raise EngineError(f"The OPA server at {self._url} refuses {name}: {said}.")
            waiting = {name: waiting[name] for name in refused}

    def _unreachable(self, error: Exception) -> EngineError:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            return EngineError(f"The OPA server at {self._url} refuses the token (HTTP {status}); check it.")
        if status is not None:
            return EngineError(f"{self._url} answers HTTP {status} and is not an OPA server; check the URL.")
        return EngineError(
            f"No OPA server answers at {self._url}; start `opa run --server` or use the embedded engine."
        )


class _EvaluationError(Exception):
    """OPA evaluated a policy and it failed."""


class _LimitError(Exception):
    """An evaluation came to a limit; the message says to which."""


class _LostError(_LimitError):
    """The server ended meanwhile, and has the policies again."""


def _connect(url: str, token: str | None, timeout: float) -> Any:
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname or parts.path not in ("", "/"):
        raise UsageError(f"{url!r} is not the URL of an OPA server; one looks like http://127.0.0.1:8181.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or _DEFAULT_PORT[parts.scheme]
    secure = parts.scheme == "https"
    return OpaClient(host=host, port=port, ssl=secure, token=token, timeout=timeout)


def _answer(item: Json) -> Answer:
    if not item["applicable"]:
        return NOT_APPLICABLE
    return make_answer(compliant=item["compliant"], found=item["non_compliant"])
