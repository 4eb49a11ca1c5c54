"""What somebody says in an entry of waivers, attestations or responses: words, and days.

`wrong` makes the error about a key: it names the file and the line.
"""

from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from auditor.catalogue.load import shipped_schemas
from auditor.model.errors import UsageError
from auditor.yaml_files.document import Document, decoded, parse, read_bytes

Wrong = Callable[[str, str], UsageError]


def read_said(path: Path, kind: str) -> tuple[Document, bytes, str]:
    """A file of `kind`, checked by schemas/<kind>.json, with its bytes and their SHA-256.

    Raises:
        UsageError: naming the file and the line.
    """
    data = read_bytes(path)
    document = parse(decoded(data, str(path)), str(path))
    document.check(shipped_schemas()[0][kind])
    return document, data, sha256(data).hexdigest()


def check_words(entry: Mapping[str, Any], told: Mapping[str, str], wrong: Wrong) -> None:
    """See that each key of `told`, with what it tells, has a letter or digit; raises what `wrong` makes."""
    for key, what in told.items():
        if not any(letter.isalnum() for letter in entry[key]):
            raise wrong(key, f"{key!r} says nothing; write {what}.")


def day_of(entry: Mapping[str, Any], key: str, wrong: Wrong) -> date:
    """The day of a key, UTC; raises what `wrong` makes."""
    try:
        return date.fromisoformat(entry[key])
    except ValueError:
        raise wrong(key, "write the day as YYYY-MM-DD.") from None
