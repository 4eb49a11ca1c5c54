"""What this version does not look at, and what it cannot say: stated in every report, whatever it found.

Sources: aws-backup.md 1.1 rows 9 and 26, 4.9 (what is not in the listings), and the registry of types.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.collect.jobs import HISTORY_DAYS
from auditor.model.resource_types import TAGGED_AS, TYPES

#: Properties of what is read, and things beside it, that no control of this version looks at.
_PROPERTIES: Final = (
    "What a restore brought back: its job is looked at, and what somebody said of its validation.",
    "Where no guardians are named, policies of keys, users and roles: who may delete by them.",
    "Multi-party approval and access points; legal holds, where no register of matters is given.",
    "Snapshots that AWS Backup did not make, where no tier accepts them.",
    "What a backup holds: files, objects or databases left out inside a resource.",
    "Frameworks of Audit Manager that are deployed, and what they found.",
    "Report plans, where no parameter asks for them.",
)
_LIMITS: Final = (
    "AWS Backup lists jobs of the last {days} days: slots of a period that begins earlier cannot be judged.",
    "Resources that were deleted in the period are known from jobs and recovery points only.",
    "Tags are those of the moment of collection: an earlier tier of a resource is not known.",
    "Times of AWS are taken as they are told; the clocks of the endpoint and of the machine are recorded.",
)


def limits() -> list[str]:
    """Sentences on what a run can never say."""
    return [sentence.format(days=HISTORY_DAYS) for sentence in _LIMITS]


def unexamined(tagged: Mapping[str, int | None]) -> dict[str, Any]:
    """Types and properties that this version does not look at.

    `tagged` counts what the tagging API lists by its own words; of a type that it does not have, or where it
    did not answer, the number is not known: None.
    """
    words = {kind: word for word, kinds in TAGGED_AS.items() for kind in kinds if len(kinds) == 1}
    return {
        "types": [
            {"name": row.name, "tagged": tagged.get(words.get(row.name, ""))}
            for row in sorted(TYPES.values(), key=lambda row: row.name)
            if not row.listings
        ],
        "properties": list(_PROPERTIES),
    }
