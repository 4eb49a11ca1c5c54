"""The file of responses: what management answers to causes of findings, who acts and until when.

A response changes no verdict and no exit code: it is printed beside the cause that it names.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor.catalogue.entries import check_words, day_of
from auditor.catalogue.said import read_said
from auditor.model.errors import UsageError
from auditor.yaml_files.document import Document


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered to one cause, by its id; `due` is the last day, UTC."""

    cause: str
    response: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of a file in its order, the file's bytes, and their digest; nothing without a file."""

    entries: tuple[Response, ...] = ()
    data: bytes = b""
    sha256: str | None = None


def load_responses(path: Path | None) -> Responses:
    """Read a file of responses (schemas/responses.json); without one there are none.

    Raises:
        UsageError: naming the file and the line; also where a cause is answered twice, or a response or an
            owner has no letter or digit.
    """
    if path is None:
        return Responses()
    document, data, digest = read_said(path, "responses")
    seen: dict[str, int] = {}
    entries = tuple(_response(document, number, seen) for number in range(len(document.value["responses"])))
    return Responses(entries, data, digest)


def _response(document: Document, number: int, seen: dict[str, int]) -> Response:
    entry = document.value["responses"][number]

    def wrong(key: str, what: str) -> UsageError:
        return document.error(["responses", number, key], what)

    if seen.setdefault(entry["cause"], number) != number:
        raise wrong("cause", f"{entry['cause']} is answered twice; write one response for it.")
    check_words(entry, {"response": "what is done about the cause", "owner": "who does it"}, wrong)
    return Response(entry["cause"], entry["response"], entry["owner"], day_of(entry, "due", wrong))
