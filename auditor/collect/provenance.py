"""How, when and by whom a run was collected, for its manifest; and its requests as a table.

Times are RFC 3339 in UTC: ours by the clock of the machine that collects, the endpoint's by its own.
"""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import botocore
import pyarrow as pa

from auditor import __version__
from auditor.aws.regions import known_regions
from auditor.aws.requests import SentRequest
from auditor.aws.session import Sessions
from auditor.collect.columns import table_of
from auditor.collect.totals import OrganizationSeen
from auditor.model.settings import Settings, stated

_TIMES = ("started_at", "ended_at", "endpoint_at")


def requests_table(part: Sequence[SentRequest]) -> pa.Table:
    """Make rows of the table `requests`."""
    return table_of("requests", [_seconds(one._asdict()) for one in part])


def _seconds(row: dict[str, Any]) -> Mapping[str, Any]:
    return row | {name: row[name] / 1000 for name in _TIMES if row[name] is not None}


def collected_how(settings: Settings, sessions: Sessions, seen: OrganizationSeen) -> dict[str, Any]:
    """Say it of a collection that has ended. An organization's name is that of its management account."""
    log = sessions.requests
    origins = settings.origins
    names = {account_id: name for account_id, name, _ in seen.accounts or ()}
    return {
        "started_at": _time(log.started),
        "ended_at": _time(log.ended),
        "endpoint_started_at": _time(log.endpoint_started),
        "endpoint_ended_at": _time(log.endpoint_ended),
        "caller": {"arn": sessions.caller.arn, "account_id": sessions.caller.account_id},
        "organization": {
            "id": seen.organization_id,
            "name": names.get(seen.management_account_id, ""),
            "management_account_id": seen.management_account_id,
            "accounts": None if seen.accounts is None else len(seen.accounts),
            "notes": list(seen.notes),
        },
        "regions_left_out": _left_out(settings, sessions.caller.partition),
        "settings": list(stated(settings)),
        "settings_file": origins.file and {"name": str(origins.file), "sha256": origins.file_sha256},
        "versions": {
            "auditor": __version__,
            "Python": platform.python_version(),
            "botocore": botocore.__version__,
        },
    }


def _left_out(settings: Settings, partition: str) -> list[str] | None:
    """Regions of the partition that the settings leave out; None where every enabled one is read."""
    return None if settings.regions is None else sorted({*known_regions(partition)} - {*settings.regions})


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
