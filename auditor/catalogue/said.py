"""A file of what somebody says: waivers, attestations or responses."""

from hashlib import sha256
from pathlib import Path

from auditor.catalogue.load import shipped_schemas
from auditor.yaml_files.document import Document, decoded, parse, read_bytes


def read_said(path: Path, kind: str) -> tuple[Document, bytes, str]:
    """A file of `kind`, checked by schemas/<kind>.json, with its bytes and their SHA-256.

    Raises:
        UsageError: naming the file and the line.
    """
    data = read_bytes(path)
    document = parse(decoded(data, str(path)), str(path))
    document.check(shipped_schemas()[0][kind])
    return document, data, sha256(data).hexdigest()
