"""What the manifest says of a run: its id, and what is checked before anything is computed from it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from auditor.evidence.chain import is_chain
from auditor.evidence.layout import MANIFEST
from auditor.model.calendar import LONGEST_DAYS, YEARS
from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

_TEXTS: Final = ("run_id", "partition")
#: What was listed by the releases whose runs do not say it.
_FORMER: Final = ("Aurora", "DynamoDB", "EBS", "EC2", "RDS", "S3")
_TIMES: Final = ("period_start", "as_of", "period_end", "collected_at")
#: A longer one than a setting may ask for has so many due times that nobody waits for them.
_LONGEST: Final = timedelta(days=LONGEST_DAYS)
#: Letters and digits that nobody mixes up (Crockford's, in small letters), and how many end a run's id.
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_DRAWN: Final = 10


_TEXT: Final = {"type": "string"}
_PERHAPS: Final = {"type": ["string", "null"]}
_STATED: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["name", "value", "origin"],
    "properties": {
        "name": _TEXT,
        "value": _TEXT,
        "origin": {"enum": ["default", "file", "variable", "option", "demo"]},
    },
    "additionalProperties": False,
}
#: How a run was collected (`auditor.collect.provenance`); a run of an older release does not say it.
_PROVENANCE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["caller", "organization", "settings", "settings_file", "versions"],
    "properties": {
        **dict.fromkeys(("started_at", "ended_at", "endpoint_started_at", "endpoint_ended_at"), _PERHAPS),
        "caller": {"type": "object", "required": ["arn", "account_id"], "additionalProperties": _TEXT},
        "organization": {
            "type": "object",
            "required": ["id", "name", "management_account_id", "accounts", "notes"],
            "properties": {
                **dict.fromkeys(("id", "name", "management_account_id"), _TEXT),
                "accounts": {"type": ["integer", "null"], "minimum": 0},
                "notes": {"type": "array", "items": _TEXT},
            },
            "additionalProperties": False,
        },
        "regions_left_out": {"type": ["array", "null"], "items": _TEXT},
        "settings": {"type": "array", "items": _STATED},
        "settings_file": {
            "type": ["object", "null"], "required": ["name", "sha256"], "additionalProperties": _TEXT
        },
        "versions": {"type": "object", "additionalProperties": _TEXT},
    },
    "additionalProperties": False,
}  # fmt: skip


@cache
def _how() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(_PROVENANCE))


def new_run_id(collected_at: datetime) -> str:
    """Draw a new run's id, its folder's name: when it is collected, UTC, and 50 random bits.

    Ids sort by time to the second. No two runs have the same one, on whichever machine they are made.
    """
    drawn = "".join(_LETTERS[byte % len(_LETTERS)] for byte in token_bytes(_DRAWN))
    return f"{collected_at.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}-{drawn}"


def check_run(evidence: "Evidence") -> None:
    """Check that a run has a name, a partition, a possible period, and the accounts that were read.

    Raises:
        AuditorError: something of it is missing or wrong; the message names the manifest.
    """
    where, wrong = evidence.path / MANIFEST, _wrong(evidence.metadata)
    accounts = set(evidence.read("accounts", columns=["account_id"])["account_id"].to_pylist())
    strangers = sorted({account for account, _ in evidence.partitions()} - accounts)
    if not wrong and strangers:
        wrong = f"the account {strangers[0]} is not among the accounts"
    if wrong:
        raise AuditorError(f"{where} is not as an auditor writes it: {wrong}; collect the evidence again.")


def listed_types(evidence: "Evidence") -> frozenset[str]:
    """The resource types that the run asked for: of others nobody knows what there was."""
    return frozenset(evidence.metadata.get("resource_types", _FORMER))


def _wrong(metadata: Mapping[str, Any]) -> str:
    for name in _TEXTS:
        if not isinstance(metadata.get(name), str) or not metadata[name]:
            return f"{name} is not a text"
    times: dict[str, datetime] = {}
    for name in _TIMES:
        time = _time(metadata.get(name))
        if time is None:
            return f"{name} is not a time"
        times[name] = time
    if times["period_end"] != times["as_of"]:
        return "period_end is not as_of"
    if not timedelta() < times["as_of"] - times["period_start"] <= _LONGEST:
        return f"the period from {metadata['period_start']} to {metadata['as_of']} is empty or too long"
    if not all(_is_list(metadata.get(name, [])) for name in ("tables", "regions", "resource_types")):
        return "tables, regions and resource_types are not lists of names"
    parts = (("provenance", _is_provenance), ("chain", is_chain))
    wrong = (name for name, is_one in parts if name in metadata and not is_one(metadata[name]))
    return next((f"{name} is not what it says" for name in wrong), "")


def _is_provenance(said: Any) -> bool:
    times = ("started_at", "ended_at", "endpoint_started_at", "endpoint_ended_at")
    return bool(_how().is_valid(said)) and all(
        said.get(name) is None or _time(said[name]) is not None for name in times
    )


def _time(written: object) -> datetime | None:
    """An RFC 3339 time in UTC; None where it is not one, or lies outside the range that we accept."""
    try:
        time = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    if time.tzinfo is None or not YEARS[0] <= time.year <= YEARS[1]:
        return None
    return time.astimezone(UTC)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
