"""A template that is written as a text within another input."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from auditor.check.declared import Source
from auditor.check.lines import document_of
from auditor.check.shapes import as_object, deeper
from auditor.model.errors import AuditorError
from auditor.yaml_files.nodes import NotYaml

Json = Any

_MOST_DEEP: Final = 100


def written_in(text: str, file: str, what: str) -> Mapping[str, Json]:
    """The template of a text of `what` in a file.

    Raises:
        AuditorError: it is neither JSON nor YAML, or too deep.
    """
    data = text.encode(errors="replace")
    try:
        json = text.lstrip().startswith("{")
        document = orjson.loads(data) if json else document_of(Source(file, data)).value
    except (orjson.JSONDecodeError, NotYaml) as error:
        raise AuditorError(f"{file}: the template of {what} is neither JSON nor YAML; correct it.") from error
    if deeper(document, _MOST_DEEP):
        raise AuditorError(f"{file}: the template of {what} is too deep; it is not read.")
    return as_object(document)
