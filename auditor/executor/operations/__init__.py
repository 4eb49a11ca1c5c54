"""The operations of the AWS Backup API that this executor offers.

An operation is a public function of a module of this package that takes (service, scope, params) and has the
operation's name in snake case, as boto3 has it: `params` are the parameters as boto3 would have sent them,
and it answers the output as boto3 would return it, with times in seconds since 1970, or a `Page`. Errors are
`ServiceError`. How to add one: docs/contributing/operation.md.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from botocore import xform_name

from auditor.executor.api.protocol import Reply, service_model
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

Handler = Callable[[BackupService, AccountRegion, dict[str, Any]], Reply]

#: The names of an operation's parameters. One that it has no use for begins with an underscore.
_PARAMETERS: Final = ("service", "scope", "params")


def _handlers() -> Iterator[Handler]:
    """The operations of every module. Raises `TypeError` for one that takes other parameters."""
    known = {xform_name(name) for name in service_model().operation_names}
    for module in iter_modules(__path__, f"{__name__}."):
        for name, found in inspect.getmembers(import_module(module.name), inspect.isfunction):
            if found.__module__ != module.name or name.startswith("_"):
                continue
            if tuple(p.lstrip("_") for p in inspect.signature(found).parameters) == _PARAMETERS:
                yield found
            elif name in known:
                raise TypeError(f"{module.name}.{name} is an operation: it takes {', '.join(_PARAMETERS)}")


def named(handlers: Iterable[Handler], names: Iterable[str]) -> Mapping[str, Handler]:
    """The functions by the operation, one of `names`, that each of them is.

    Raises:
        TypeError: a function's name is no operation's, or two functions are one operation.
    """
    known = {xform_name(name): name for name in names}
    found: dict[str, Handler] = {}
    for handler in handlers:
        where, name = f"{handler.__module__}.{handler.__name__}", known.get(handler.__name__)
        if name is None:
            raise TypeError(f"{where} is no operation of AWS Backup; a helper takes other parameters")
        if name in found:
            raise TypeError(f"{where} is {name}, and so is {found[name].__module__}.{handler.__name__}")
        found[name] = handler
    return dict(sorted(found.items()))


#: The functions by the names of their operations.
OPERATIONS: Final = named(_handlers(), service_model().operation_names)
