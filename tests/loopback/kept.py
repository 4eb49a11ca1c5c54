"""What one audit after another in a process need not make anew: each audit says the same with it and without.

Kept are botocore's classes of clients and models of services, the shipped files of the policies, what the
file of a control, of a framework or of parameters says, the processes that read pages, and the process that
evaluates Rego, for the next audit by the same policies.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from subprocess import Popen
from typing import Any, ClassVar
from unittest import mock

import orjson
from botocore.client import ClientCreator

from auditor.aws.page_process import PageProcesses
from auditor.catalogue import controls, frameworks, layers, load
from auditor.catalogue.controls import RegoSource
from auditor.catalogue.frameworks import Framework
from auditor.catalogue.load import Catalogue
from auditor.model.policy import Control
from auditor.rego.packages import Loaded
from auditor.rego.process import EvaluationLimits, Process
from auditor.yaml_files import document
from tests.client_classes import client_class, service_model

#: Processes of Rego that wait for their next audit at most.
_MOST = 3


#: What each file of a control says by these schemas, which are those of the release and read once.
_controls: dict[RegoSource, tuple[Mapping[str, Any], Control]] = {}

#: The frameworks of a folder by its files and the controls that there are, read by the schema of the release.
_frameworks: dict[object, tuple[Framework, ...]] = {}

_load_frameworks = frameworks.load_frameworks


class KeptProcess(Process):
    """A process of Rego that an audit closes, and that the next one with the same policies takes over."""

    _waiting: ClassVar[dict[bytes, tuple[Popen[bytes], bytes, dict[str, Loaded]]]] = {}

    def __init__(self, limits: EvaluationLimits) -> None:
        super().__init__(limits)
        self._key = b""
        self._facts: dict[str, Loaded] = {}
        self._open = 0  # inputs without an answer

    def load(
        self,
        modules: Mapping[str, str],
        data: Mapping[str, Any],
        *,
        tests: bool = False,
        recorded: Sequence[str] = (),
    ) -> dict[str, Loaded]:
        """Take over the process that has these policies, or start one."""
        self._key = orjson.dumps([dict(modules), dict(data), tests, *recorded, repr(self._limits)])
        kept = self._waiting.pop(self._key, None)
        if kept is None:
            self._facts = super().load(modules, data, tests=tests, recorded=recorded)
        else:
            self._child, self._policies, self._facts = kept
        return self._facts

    def ask(self, request: Mapping[str, Any], inputs: Sequence[Any]) -> None:
        """Count what is asked."""
        self._open += len(inputs)
        super().ask(request, inputs)

    def answer(self) -> Any:
        """Count what is answered."""
        said = super().answer()
        self._open -= 1
        return said

    def close(self) -> None:
        """Let the process wait, where it has answered all that it was asked and came to no limit."""
        if self._child is None or self._open or self._key in self._waiting:
            super().close()
            return
        self._waiting[self._key] = (self._child, self._policies, self._facts)
        self._child = None
        if len(self._waiting) > _MOST:
            child, _, _ = self._waiting.pop(next(iter(self._waiting)))
            child.kill()
            child.communicate()


class KeptPages(PageProcesses):
    """Processes that read pages, and that no audit closes."""

    def close(self) -> None:
        """Leave them to the next audit."""


#: Those of every audit in this process.
pages = KeptPages()


#: The shipped policies, which are the same for every audit.
_SHIPPED = load.policies_folder()


@cache
def _shipped_files() -> dict[str, Path]:
    return layers.files_of(_SHIPPED, _SHIPPED)


def _files_of(folder: Path, shipped: Path) -> dict[str, Path]:
    return dict(_shipped_files()) if folder == shipped == _SHIPPED else layers.files_of(folder, shipped)


def _read_text(file: Path, name: str | None = None) -> str:
    shipped = name is None and str(file).startswith(f"{_SHIPPED}{os.sep}")
    return _shipped(str(file)) if shipped else document.read_text(file, name)


@cache
def _shipped(file: str) -> str:
    return document.read_text(Path(file))


@cache
def _parse(text: str, name: str) -> document.Document:
    return document.parse(text, name)


def _read_control(source: RegoSource, schemas: Mapping[str, Any]) -> Control:
    known = _controls.get(source)
    if known is None or known[0] is not schemas:
        known = _controls[source] = (schemas, controls.read_control(source, schemas))
    return known[1]


def _read_frameworks(catalogue: Catalogue, *, whole: bool = True) -> tuple[Framework, ...]:
    files = [item for item in catalogue.files.items() if item[0].startswith(f"{layers.FRAMEWORKS}/")]
    key = (tuple(files), catalogue.control_ids, whole)
    if key not in _frameworks:
        _frameworks[key] = _load_frameworks(catalogue, whole=whole)
    return _frameworks[key]


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Keep them while the block runs."""
    with (
        mock.patch.object(ClientCreator, "_create_client_class", client_class),
        mock.patch.object(ClientCreator, "_load_service_model", service_model),
        mock.patch("auditor.catalogue.load.read_control", _read_control),
        mock.patch("auditor.catalogue.load.read_text", _read_text),
        mock.patch("auditor.catalogue.load.files_of", _files_of),
        mock.patch("auditor.catalogue.load.parse", _parse),
        mock.patch("auditor.catalogue.frameworks.load_frameworks", _read_frameworks),
        mock.patch("auditor.rego.load.Process", KeptProcess),
        mock.patch("auditor.aws.parsing.PageProcesses", return_value=pages),
    ):
        yield
