"""Service models without the operations that change something: a client of them is made in half the time.

botocore makes a method for every operation of every client, 830 for one of EC2, and a run needs one client
for each service and Region.
"""

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any, Final

from botocore.loaders import Loader

from auditor.aws.base import new_loader

_READING: Final = ("Describe", "Get", "List")

Model = dict[str, Any]


class ReadingLoader:
    """Loads botocore's data files; of a service model the operations that only read, and their shapes."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = Lock()
        self._models: dict[tuple[str, str | None], Model] = {}

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Model:
        """Load the newest or the given version of a model of `type_name`, as botocore's loader does."""
        if type_name != "service-2":
            whole: Model = self._loader.load_service_model(service_name, type_name, api_version)
            return whole
        key = (service_name, api_version)
        with self._lock:
            if key not in self._models:
                # a loader of its own: it remembers the whole model as long as it lives
                model = new_loader().load_service_model(service_name, type_name, api_version)
                self._models[key] = reading(model)
            return self._models[key]

    def __getattr__(self, name: str) -> Any:
        """Everything else is the loader's own."""
        return getattr(self._loader, name)


@cache
def reading_loader(loader: Loader) -> ReadingLoader:
    """The one of the process for `loader`."""
    return ReadingLoader(loader)


def reading(model: Model) -> Model:
    """A service model without the operations that change something, and the shapes that only these use."""
    operations = {name: item for name, item in model["operations"].items() if name.startswith(_READING)}
    shapes: dict[str, Any] = {}
    wanted = list(_shapes_of(operations))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            wanted += _shapes_of(shapes[name])
    return {**model, "operations": operations, "shapes": shapes}


def _shapes_of(node: Any) -> Iterator[str]:
    """Names of the shapes that a part of a model refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for item in node.values():
            yield from _shapes_of(item)
    elif isinstance(node, list):
        for item in node:
            yield from _shapes_of(item)
