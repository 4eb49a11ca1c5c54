"""Security Hub in one account and Region: what it has of ours, and what it takes.

Source: API reference of Security Hub, GetFindings and BatchImportFindings; user guide, "Using
BatchImportFindings": a finding whose `UpdatedAt` is not later than the one that is there changes nothing, and
Note, Workflow, UserDefinedFields and VerificationState are the customer's once it is there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import Any, Final

import orjson

from auditor.aws.base import Client
from auditor.aws.failures import (
    CALL_ERRORS,
    EXPIRED,
    MALFORMED,
    Failure,
    failure_of,
    may_have_acted,
    not_understood,
)
from auditor.aws.items import member
from auditor.aws.reader import CallFailed, Reader
from auditor.aws.session import RoleNotAssumed
from auditor.model.errors import AuditorError
from reports.formats.asff import VERDICTS, calls, product_arn

_SERVICE: Final = "securityhub"
_MARK: Final = "auditor/"
#: The most findings of a page.
_PAGE: Final = 100
_STEP: Final = timedelta(milliseconds=1)
#: What an archived finding keeps: what we sent, without what is the customer's and what Security Hub adds.
_OURS: Final = (
    *("SchemaVersion", "Id", "ProductArn", "ProductName", "GeneratorId", "AwsAccountId", "Region"),
    *("CreatedAt", "Title", "Description", "Severity.Label", "Compliance.Status"),
    *("FindingProviderFields.Severity.Label", "FindingProviderFields.Types"),
    *("Resources.Type", "Resources.Id", "Resources.Partition", "Resources.Region"),
    "Remediation.Recommendation.Text",
)
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
#: The code of an account and Region in which Security Hub is not enabled.
NOT_ENABLED: Final = "InvalidAccessException"


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of ours that Security Hub has. `essence` is equal where it says the same."""

    created: str
    updated: datetime
    is_active: bool
    verdict: str
    workflow: str
    note: str
    essence: bytes


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of findings that were sent: ids that were taken, and in words what was not."""

    taken: frozenset[str]
    failures: tuple[str, ...]


def ours(reader: Reader, partition: str) -> Iterator[dict[str, Any]]:
    """Give every finding of ours that Security Hub has there, archived ones too; raises `CallFailed`."""
    account_id, region = reader.account_id, reader.region
    product = product_arn(partition, region, account_id)
    filters = {
        "ProductArn": [{"Value": product, "Comparison": "EQUALS"}],
        "AwsAccountId": [{"Value": account_id, "Comparison": "EQUALS"}],
        "ProductFields": [
            {"Key": f"{_MARK}Verdict", "Value": verdict, "Comparison": "EQUALS"} for verdict in VERDICTS
        ],
    }
    for page in reader.pages(_SERVICE, "GetFindings", Filters=filters, MaxResults=_PAGE):
        try:
            for finding in member(page, "Findings", list):
                fields = finding.get("ProductFields") or {}
                if finding.get("ProductArn") == product and f"{_MARK}Verdict" in fields:
                    member(finding, "Id"), member(finding, "GeneratorId"), member(finding, "Title")
                    yield finding
        except MALFORMED as error:
            failure = not_understood("A finding of Security Hub", error)
            raise CallFailed(_SERVICE, "GetFindings", failure) from error


def known(finding: Mapping[str, Any]) -> Known:
    """Read a finding of Security Hub; raises one of `MALFORMED`."""
    return Known(
        member(finding, "CreatedAt"),
        datetime.fromisoformat(member(finding, "UpdatedAt")).astimezone(UTC),
        finding.get("RecordState") != "ARCHIVED",
        str(finding["ProductFields"][f"{_MARK}Verdict"]),
        str((finding.get("Workflow") or {}).get("Status", "NEW")),
        str((finding.get("Note") or {}).get("Text", "")),
        essence(finding),
    )


def essence(finding: Mapping[str, Any]) -> bytes:
    """A digest of what a finding says, but for its times and for what Security Hub and its users add."""
    fields = finding.get("ProductFields") or {}
    severity = (finding.get("FindingProviderFields") or {}).get("Severity") or {}
    said = [
        *(finding.get(name) for name in ("GeneratorId", "Title", "Description", "RecordState")),
        (finding.get("Compliance") or {}).get("Status"),
        ((finding.get("Remediation") or {}).get("Recommendation") or {}).get("Text"),
        severity.get("Label"),
        sorted((name, value) for name, value in fields.items() if name.startswith(_MARK)),
    ]
    return sha256(orjson.dumps(said)).digest()


def archived(finding: Mapping[str, Any], updated: str) -> dict[str, Any]:
    """Make of a finding that Security Hub has the one that archives it."""
    fields = {name: value for name, value in finding["ProductFields"].items() if name.startswith(_MARK)}
    kept: dict[str, Any] = _kept(finding, "")
    return kept | {"ProductFields": fields, "RecordState": "ARCHIVED", "UpdatedAt": updated}


def _kept(value: Any, path: str) -> Any:
    """What of a value is ours: Security Hub may add members that `BatchImportFindings` does not take."""
    if isinstance(value, list):
        return [_kept(item, path) for item in value]
    if not isinstance(value, Mapping):
        return value
    start = f"{path}." if path else ""
    return {
        name: _kept(item, start + name)
        for name, item in value.items()
        if item is not None and any(one == start + name or one.startswith(f"{start}{name}.") for one in _OURS)
    }


def updated_at(as_of: datetime, there: datetime | None) -> datetime | None:
    """The `UpdatedAt` that takes the place of the one that is there; None where a later run has sent that.

    It is the run's `as_of`; for a run that is judged again, within the second after it.
    """
    if there is None or there < as_of:
        return as_of
    return there + _STEP if there + _STEP < as_of + timedelta(seconds=1) else None


def send(client: Client, findings: Iterable[dict[str, Any]], stop: Event) -> Imported:
    """Send findings of one place, call by call; a call that fails is the last one, as when `stop` is set."""
    taken: set[str] = set()
    refused: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    failures: list[str] = []
    batches = calls(iter(findings))
    for batch in batches:
        if stop.is_set():
            break
        asked = [orjson.loads(line) for line in batch]
        ids = {finding["Id"] for finding in asked}
        try:
            answer = client.batch_import_findings(Findings=asked)
            for failed in member(answer, "FailedFindings", list) if answer.get("FailedFindings") else ():
                key = (str(failed.get("ErrorCode")), str(failed.get("ErrorMessage")))
                refused[key].append(member(failed, "Id"))
                ids.discard(failed["Id"])
            silent = len(ids) - member(answer, "SuccessCount", int)
        except (*CALL_ERRORS, *MALFORMED, RoleNotAssumed) as error:
            is_role = isinstance(error, RoleNotAssumed)
            why = str(error) if is_role else said("BatchImportFindings", failure_of(error))
            failures += _not_taken(
                len(asked), sum(map(len, batches)), why, reached=not is_role and may_have_acted(error)
            )
            break
        if silent:
            failures.append(f"Of {many(len(asked))} Security Hub does not say what became of {silent}.")
        else:
            taken |= ids
    for (code, message), which in sorted(refused.items()):
        failures.append(f"{many(len(which))} refused ({code}: {message}), the first of them {which[0]}.")
    return Imported(frozenset(taken), tuple(failures))


def _not_taken(asked: int, behind: int, why: str, *, reached: bool) -> Iterator[str]:
    """Say what became of the findings of the call that failed, and of those behind it."""
    if reached:
        yield f"Of {many(asked)} it is not known whether Security Hub took them: {why}"
    unsent = behind if reached else asked + behind
    if unsent:
        yield f"{many(unsent)} not sent: {'the call before failed.' if reached else why}"


def sentence(error: AuditorError | CallFailed) -> str:
    """Say why nothing is known of Security Hub in a place, and what to do."""
    return str(error) if isinstance(error, AuditorError) else said(error.operation, error.failure)


def said(operation: str, failure: Failure) -> str:
    """Say why a call failed, and what to do."""
    what_to_do = "publish again"
    if failure.code in _DENIED:
        what_to_do = "allow the role what examples/iam/auditor-publish.json lists"
    elif failure.code in EXPIRED:
        what_to_do = "sign in again and publish again"
    elif failure.code == NOT_ENABLED:
        what_to_do = "enable Security Hub in this account and Region"
    return f"{operation} failed ({failure.code}: {failure.message.rstrip('.')}); {what_to_do}."


def many(number: int) -> str:
    """So many findings, in words."""
    return f"{number} finding{'' if number == 1 else 's'}"
