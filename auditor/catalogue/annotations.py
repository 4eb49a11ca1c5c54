"""METADATA annotations: the YAML in the comment block right above a Rego file's `package`.

Source: OPA documentation, "Policy Language", section "Metadata".
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.model.errors import UsageError
from auditor.yaml_files.document import Document, parse

_PACKAGE: Final = re.compile(r"^package\s+([A-Za-z_][A-Za-z0-9_.]*)\s*(?:#.*)?$")
_HEAD: Final = "# METADATA"
_MARK: Final = "\ufeff"


@dataclass(frozen=True)
class Annotated:
    """A Rego file's package (without `data.`) and its package-scoped METADATA."""

    package: str
    package_line: int
    metadata: Document


def annotated(rego: str, name: str) -> Annotated:
    """Read the package and METADATA of the module `rego`; errors call the file `name`.

    Raises:
        UsageError: there is no package, or no METADATA block right above it, or its YAML is broken; or the
            module begins with a byte order mark, which Rego does not take.
    """
    if rego.startswith(_MARK):
        raise UsageError(f"{name}:1: it begins with a byte order mark; save the file as UTF-8 without one.")
    lines = rego.splitlines()
    for number, line in enumerate(lines):
        found = _PACKAGE.match(line)
        if found:
            return Annotated(found[1], number + 1, _block(lines, number, name))
    raise UsageError(f"{name}:1: there is no package; a control begins with METADATA and its package.")


def _block(lines: list[str], package: int, name: str) -> Document:
    start = package
    while start > 0 and lines[start - 1].startswith("#") and lines[start].rstrip() != _HEAD:
        start -= 1
    if lines[start].rstrip() != _HEAD:
        raise UsageError(f"{name}:{package + 1}: write a '{_HEAD}' block right above the package.")
    text = "\n".join(line[1:] for line in lines[start + 1 : package])
    return parse(text, name, first_line=start + 2)
