"""moto with its tables of URLs made once: it makes them, and loads S3's module anew, for each request.

They would be others only with `MOTO_S3_CUSTOM_ENDPOINTS` or the ISO partitions, which no test sets.
"""

from typing import Any

from moto.core.base_backend import BaseBackend

_made: dict[type[BaseBackend], Any] = {}
_make = BaseBackend.urls.fget


def _urls(backend: BaseBackend) -> Any:
    if type(backend) not in _made:
        _made[type(backend)] = _make(backend)  # type: ignore[misc]
    return _made[type(backend)]


BaseBackend.urls = property(_urls)  # type: ignore[assignment, method-assign]
