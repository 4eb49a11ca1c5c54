"""Amazon Resource Names in any partition.

Source: AWS General Reference, "Amazon Resource Names"; recovery-point ARN forms: aws-backup.md 4.11.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from auditor.model.errors import UsageError

_PARTS = 6
_WILD: Final = {"*": ".*", "?": "."}


@dataclass(frozen=True, slots=True)
class Arn:
    """One ARN, split at its first five colons; `resource` keeps any further colon or slash."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split `text`; raises `UsageError` when it is not an ARN."""
        parts = text.split(":", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise UsageError(
                f"{text!r} is not an ARN; one looks like arn:aws:ec2:eu-west-1:111122223333:volume/vol-1."
            )
        return cls(parts[1], parts[2], parts[3], parts[4], parts[5])

    def __str__(self) -> str:
        """The ARN as AWS writes it."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"


def place_of(text: str) -> tuple[str, str]:
    """Account id and Region of an ARN: "" where it names none, and both "" for a text that is not an ARN."""
    parts = text.split(":", _PARTS - 1)
    return (parts[4], parts[3]) if len(parts) == _PARTS and parts[0] == "arn" else ("", "")


def pattern_of(text: str) -> str:
    """A pattern of ARNs as a regular expression (RE2): * stands for any text, ? for any one letter."""
    return f"(?s)^{''.join(_WILD.get(letter) or re.escape(letter) for letter in text)}$"
