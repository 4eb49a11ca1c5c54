"""A framework of AWS Backup Audit Manager in a file, as the command `aws backup` takes or answers it."""

from pathlib import Path

from auditor.model.audit_manager import AskedFramework, InvalidFramework
from auditor.model.errors import UsageError
from auditor.yaml_files.document import read_document


def read_framework(path: Path) -> AskedFramework:
    """Read a framework: YAML or JSON, as `aws backup create-framework --cli-input-json` takes it.

    What `aws backup describe-framework` answers will do too.

    Raises:
        UsageError: it cannot be read, or AWS Backup would not take it; with the file.
    """
    document = read_document(path)
    if not isinstance(document.value, dict):
        raise document.error([], "it is no framework; write what CreateFramework takes.")
    try:
        return AskedFramework.of(document.value)
    except InvalidFramework as error:
        raise UsageError(f"{path}: {error}") from None
