"""Open a Rego engine by its name in the settings."""

import os
from collections.abc import Mapping

from auditor.model.errors import UsageError
from auditor.rego.embedded import EmbeddedEngine
from auditor.rego.engine import Engine, Json


def open_engine(
    kind: str,
    modules: Mapping[str, str],
    data: Mapping[str, Json],
    *,
    url: str | None = None,
    token: str | None = None,
) -> Engine:
    """An engine with `modules` (Rego by path) and `data` (documents by name) loaded; close it after use.

    `kind` is "embedded" or "opa-server"; `url` and `token` are the server's. Without `token`, the variable
    AUDITOR_ENGINE_TOKEN is taken: a secret is no option and stands in no file.

    Raises:
        UsageError: there is no such kind, or the URL is not one.
        EngineError: a module is refused, or the server does not answer.
    """
    if kind == "embedded":
        return EmbeddedEngine(modules, data)
    if kind == "opa-server":
        from auditor.rego.opa_server import OpaServerEngine  # noqa: PLC0415 -- 0.2 s that only this engine needs

        return OpaServerEngine(
            modules,
            data,
            url=url or "http://127.0.0.1:8181",
            token=token or os.environ.get("AUDITOR_ENGINE_TOKEN"),
        )
    raise UsageError(f"There is no engine {kind!r}; the engines are embedded and opa-server.")
