"""botocore's models of services, and its classes of clients by their operations, made once in a process."""

from typing import Any

from botocore.client import ClientCreator
from botocore.model import ServiceModel

_models: dict[tuple[str, int], tuple[Any, ServiceModel]] = {}
_made: dict[tuple[str, tuple[str, ...]], Any] = {}
_make = ClientCreator._create_client_class  # type: ignore[attr-defined]  # the stubs leave it out


def client_class(creator: ClientCreator, service_name: str, service_model: Any) -> Any:
    """The class of a service's clients; a session that only reads has fewer operations, and another class."""
    key = service_name, tuple(service_model.operation_names)
    if key not in _made:
        _made[key] = _make(creator, service_name, service_model)
    return _made[key]


def service_model(creator: ClientCreator, service_name: str, api_version: str | None = None) -> ServiceModel:
    """The model that a loader's description of a service says; loaders remember what they have read."""
    loader = creator._loader  # type: ignore[attr-defined]  # the stubs leave it out
    said = loader.load_service_model(service_name, "service-2", api_version=api_version)
    key = service_name, id(said)
    if key not in _models:
        _models[key] = said, ServiceModel(said, service_name=service_name)
    return _models[key][1]
