"""Load policies in the same way for every engine: no engine sees what is refused here."""

import os
import re
from collections.abc import Collection, Mapping
from typing import Final

from auditor.catalogue.layers import MAX_REGO
from auditor.model.errors import UsageError
from auditor.rego.embedded import EmbeddedEngine
from auditor.rego.engine import Engine, Json
from auditor.rego.process import LIMITS, EvaluationLimits, Process

#: A server of our own, in the place of a URL.
OWN: Final = "own"
#: The most bytes of all files together.
MAX_ALL: Final = 16 << 20
#: The most lines of one file.
MAX_LINES: Final = 20_000
#: The most that brackets in brackets of one file may cost: those that lie deeper than anybody writes many of.
MAX_NESTED: Final = 1 << 13
_SHALLOW: Final = 5
_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|[(\[{}\]),]')


def check_modules(
    modules: Mapping[str, str], data: Collection[str], limits: EvaluationLimits | None = None
) -> None:
    """Refuse modules that no engine may load; `data` are the names of the documents beside the policies.

    Raises:
        UsageError: one sentence with the file and its line.
    """
    process = Process(limits or LIMITS)
    try:
        check_sizes(modules)
        process.load(modules, dict.fromkeys(data))
    finally:
        process.close()


def open_engine(
    kind: str,
    modules: Mapping[str, str],
    data: Mapping[str, Json],
    *,
    url: str = OWN,
    token: str | None = None,
    limits: EvaluationLimits | None = None,
) -> Engine:
    """An engine with `modules` (Rego by path) and `data` (documents by name) loaded; close it after use.

    `kind` is "embedded" or "opa-server"; `url` and `token` are the server's. Without `token`, the variable
    AUDITOR_ENGINE_TOKEN is taken: a secret is no option and stands in no file. `OWN` as URL is a
    server that is started, within the limits, and ends with the engine.

    Raises:
        UsageError: there is no such kind, the URL is not one, or a module is refused.
        EngineError: the server does not answer, or refuses a module; there is none to be started.
    """
    if kind not in ("embedded", "opa-server"):
        raise UsageError(f"There is no engine {kind!r}; the engines are embedded and opa-server.")
    limits = limits or LIMITS
    check_sizes(modules)
    process = Process(limits)
    loaded = process.load(modules, data)
    if kind == "embedded":
        return EmbeddedEngine(process, loaded, limits)
    process.close()
    from auditor.rego.opa_process import own_server  # noqa: PLC0415 -- what only this engine needs
    from auditor.rego.opa_server import OpaServerEngine  # noqa: PLC0415 -- 0.2 s that only this engine needs

    if url != OWN:
        return OpaServerEngine(
            loaded, data, url=url, token=token or os.environ.get("AUDITOR_ENGINE_TOKEN"), limits=limits
        )
    server = own_server(limits.mebibytes)
    try:
        return OpaServerEngine(loaded, data, url=url, token=None, limits=limits, server=server)
    except BaseException:
        server.close()
        raise


def check_sizes(modules: Mapping[str, str]) -> None:
    """Refuse files that are too large; raises `UsageError`."""
    total = 0
    for path, rego in sorted(modules.items()):
        size = len(rego.encode())
        total += size
        if size > MAX_REGO:
            raise UsageError(f"{path}: it has {size} bytes; {MAX_REGO} are the most, so write several files.")
        if rego.count("\n") >= MAX_LINES:
            raise UsageError(f"{path}: it has more than {MAX_LINES} lines; write several files.")
        _check_nesting(path, rego)
    if total > MAX_ALL:
        raise UsageError(f"The policies have {total} bytes; {MAX_ALL} are the most: remove some.")


def _check_nesting(path: str, rego: str) -> None:
    """Refuse brackets that lie too deep in each other, each as the first thing in the one around it.

    The parser takes such for a comprehension first, and reads it anew when it is none: twice as often at
    each level. Raises `UsageError`.
    """
    around: list[bool] = []  # for each bracket that is open, whether no comma was in it yet
    first = cost = 0
    for token in _TOKEN.finditer(rego):
        sign = token[0]
        if sign in "([{":
            around.append(True)
            first += 1
            cost += 1 << min(first, MAX_NESTED.bit_length()) if first > _SHALLOW else 0
        elif sign in ")]}" and around:
            first -= around.pop()
        elif sign == "," and around and around[-1]:
            around[-1] = False
            first -= 1
        if cost > MAX_NESTED:
            line = rego.count("\n", 0, token.start()) + 1
            raise UsageError(
                f"{path}:{line}: brackets lie too deep in each other; write it in several rules."
            )
