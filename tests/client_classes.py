"""botocore's classes of clients, made once in a process for each service and its operations that are kept."""

from typing import Any

from botocore.client import ClientCreator

_made: dict[tuple[str, tuple[str, ...]], Any] = {}
_make = ClientCreator._create_client_class  # type: ignore[attr-defined]  # the stubs leave it out


def client_class(creator: ClientCreator, service_name: str, service_model: Any) -> Any:
    """The class of a service's clients; a session that only reads has fewer operations, and another class."""
    key = service_name, tuple(service_model.operation_names)
    if key not in _made:
        _made[key] = _make(creator, service_name, service_model)
    return _made[key]
