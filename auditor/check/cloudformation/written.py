"""A template that is written as a text within another input."""

from collections.abc import Mapping
from typing import Any

from auditor.check.declared import Source
from auditor.check.input_files import as_meant, parsed
from auditor.check.shapes import as_object

Json = Any


def written_in(text: str, file: str, what: str) -> Mapping[str, Json]:
    """The template of a text of `what` in a file, read as one that is a file itself.

    Raises:
        AuditorError: it is neither JSON nor YAML, too deep, or has a key twice.
    """
    source = Source(f"{file}: the template of {what}", text.encode(errors="replace"))
    return as_object(as_meant(source, parsed(source), template=True))
