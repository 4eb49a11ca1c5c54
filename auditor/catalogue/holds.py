"""The register of legal holds: the matters that demand them, each checked."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.catalogue.entries import check_words, day_of
from auditor.model.errors import UsageError
from auditor.model.holds import Matter, Matters
from auditor.yaml_files.document import Document

_SAID: Final = {"matter": "the matter's name or number", "hold": "the title or the id of its legal hold",
                "owner": "who answers for it"}  # fmt: skip


def read_register(document: Document, schema: Mapping[str, Any]) -> Matters:
    """Read a register of legal holds (schemas/holds.json, which is `schema`), in its order.

    Raises:
        UsageError: naming the file and the line; also where a matter demands the same hold twice, or ends
            before it begins.
    """
    document.check(schema)
    seen: dict[tuple[str, str], int] = {}
    return tuple(_matter(document, number, seen) for number in range(len(document.value["matters"])))


def _matter(document: Document, number: int, seen: dict[tuple[str, str], int]) -> Matter:
    entry = document.value["matters"][number]

    def wrong(key: str, what: str) -> UsageError:
        return document.error(["matters", number, key], what)

    check_words(entry, _SAID, wrong)
    first = seen.setdefault((entry["matter"], entry["hold"]), number)
    if first != number:
        raise wrong(
            "hold",
            f"entry {first + 1} of 'matters' has the same matter and hold; make one of them.",
        )
    days = {key: day_of(entry, key, wrong) for key in ("from", "to", "until") if key in entry}
    if "from" in days and "to" in days and days["to"] < days["from"]:
        raise wrong("to", f"it is before 'from'; write a day from {days['from']} on.")
    return Matter(
        name=entry["matter"],
        hold=entry["hold"],
        accounts=tuple(entry["accounts"]),
        regions=tuple(entry["regions"]),
        owner=entry["owner"],
        vaults=tuple(entry.get("vaults", ())),
        resources=tuple(entry.get("resources", ())),
        first=days.get("from"),
        last=days.get("to"),
        until=days.get("until"),
    )
