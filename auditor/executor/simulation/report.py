"""What a simulation found, as one JSON document."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from auditor.executor.simulation.run import SimulatedPeriod
from auditor.executor.simulation.scenario import Scenario
from auditor.executor.simulation.tally import SimulationTally

SCHEMA_VERSION: Final = 1


def to_document(scenario: Scenario, period: SimulatedPeriod, tally: SimulationTally) -> dict[str, Any]:
    """Times are RFC 3339 in UTC, sizes bytes; a timeline row is one group of recovery points at one time."""
    return {
        "schema_version": SCHEMA_VERSION,
        "start": _rfc3339(period.start),
        "days": period.days,
        "accounts": list(scenario.accounts),
        "regions": list(scenario.regions),
        "resources": scenario.count(),
        "jobs": [key._asdict() | {"count": count} for key, count in sorted(tally.jobs.items())],
        "failures": [
            failure._asdict()
            | {
                "count": count,
                "examples": [
                    {
                        "created": _rfc3339(datetime.fromtimestamp(named.created, UTC)),
                        "job_id": named.job_id,
                        "resource_arn": named.resource_arn,
                    }
                    for named in tally.named[failure]
                ],
            }
            for failure, count in sorted(tally.failures.items())
        ],
        "recovery_points": [
            {"at": _rfc3339(moment)} | key._asdict() | {"count": count, "size_bytes": size}
            for moment, held in sorted(tally.timeline.items())
            for key, (count, size) in sorted(held.items())
        ],
    }


def job_count(document: Mapping[str, Any]) -> int:
    """How many backup and copy jobs there were."""
    return sum(row["count"] for row in document["jobs"])


def _rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
