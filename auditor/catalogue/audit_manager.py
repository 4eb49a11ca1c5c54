"""A framework of AWS Backup Audit Manager in a file, as the command `aws backup` takes or answers it."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.audit_manager import AskedControl, AskedFramework, InvalidFramework
from auditor.yaml_files.document import Document

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}


def _members(**members: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": members}


#: What of its members an audit reads (API reference of AWS Backup, CreateFramework and FrameworkControl).
#: A member of a control that it would not read may be a misspelt one, which would ask for something else.
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "FrameworkName": _TEXT,
        "FrameworkDescription": _TEXT,
        "FrameworkControls": {
            "type": "array",
            "items": _members(
                ControlName=_TEXT,
                ControlInputParameters={
                    "type": "array",
                    "items": _members(ParameterName=_TEXT, ParameterValue=_TEXT),
                },
                ControlScope=_members(
                    ComplianceResourceIds=_TEXTS,
                    ComplianceResourceTypes=_TEXTS,
                    Tags={"type": "object", "additionalProperties": _TEXT},
                ),
            ),
        },
    },
}


def read_framework(document: Document) -> AskedFramework:
    """Read a framework: YAML or JSON, as `aws backup create-framework --cli-input-json` takes it.

    What `aws backup describe-framework` answers will do too.

    Raises:
        UsageError: AWS Backup would not take it; with the file and the line.
    """
    if not isinstance(document.value, dict):
        raise document.error([], "it is no framework; write what CreateFramework takes.")
    document.check(_SCHEMA)
    place: list[str | int] = []
    try:
        for number, control in enumerate(document.value.get("FrameworkControls", [])):
            place = ["FrameworkControls", number]
            AskedControl.of(control)
        place = []
        return AskedFramework.of(document.value)
    except InvalidFramework as error:
        raise document.error(place, str(error)) from None
