"""From a method and a still encoded path to an operation and its path parameters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from auditor.executor.api.errors import ServiceError, invalid

_UNKNOWN: Final = "UnknownOperationException"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's method and path; a segment in braces is a parameter, e.g. "{backupVaultName}"."""

    operation: str
    method: str
    segments: tuple[str, ...]


class OperationRouter:
    """Finds routes. Literal segments win over parameters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(
            routes, key=lambda route: [segment.startswith("{") for segment in route.segments]
        )

    def find(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """The operation and its decoded path parameters by wire name.

        Hand-written clients leave `/` in ARNs unescaped: where nothing else fits, surplus segments are glued
        into one parameter, of the longest path that fits (aws-backup.md 5.1). Raises `ServiceError` (404)
        when there is no such operation.
        """
        segments = path.strip("/").split("/")
        candidates = [route for route in self._routes if route.method == method]
        for route in candidates:
            found = _match(route.segments, segments)
            if found is not None:
                return route.operation, {name: _decode(value) for name, value in found.items()}
        for route in sorted(candidates, key=lambda candidate: -len(candidate.segments)):
            for glued in _gluings(route.segments, path.lstrip("/").split("/")):
                found = _match(route.segments, glued)
                if found is not None:
                    return route.operation, {name: _decode(value) for name, value in found.items()}
        raise ServiceError(_UNKNOWN, f"There is no operation {method} {path[:200]}.", 404)


def _match(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """The parameters when every segment fits; None otherwise. An empty segment is no parameter."""
    if len(pattern) != len(segments):
        return None
    found = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not segment:
                return None
            found[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return found


def _gluings(pattern: tuple[str, ...], segments: list[str]) -> Iterator[list[str]]:
    """The ways to join surplus segments at one parameter, with and without a trailing slash."""
    for given in (segments, segments[:-1]) if segments[-1] == "" else (segments,):
        surplus = len(given) - len(pattern)
        if surplus <= 0:
            continue
        for index, expected in enumerate(pattern):
            if expected.startswith("{"):
                end = index + surplus + 1
                yield [*given[:index], "/".join(given[index:end]), *given[end:]]


def _decode(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise invalid("The path is not UTF-8.") from None
