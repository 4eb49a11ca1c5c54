"""Which completed backup and copy jobs count as a success.

A job that is COMPLETED with a message category other than SUCCESS is not a success (aws-backup.md 4.4). Some
organizations accept such an end knowingly: buckets with objects in Glacier classes end "with issues" every
night. The parameter `accepted_completions` lists what is accepted, by resource type; `accepted_messages` of a
tier does so for its resources.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.wildcards import compiled
from auditor.evaluate.columns import among, coded_rows


@dataclass(frozen=True, slots=True)
class AcceptedCompletion:
    """An end of a COMPLETED job that counts as a success.

    `resource_type` is AWS Backup's word; `category` its MessageCategory, None for any; `message` a pattern of
    the status message in which `*` stands for any text, None for any.
    """

    resource_type: str
    category: str | None = None
    message: str | None = None

    def accepts(self, resource_type: str | None, category: str | None, message: str | None) -> bool:
        """Whether a job that ended so counts."""
        return (
            resource_type == self.resource_type
            and self.category in (None, category)
            and (self.message is None or compiled(self.message).fullmatch(message or "") is not None)
        )


def accepted_completions(parameters: Mapping[str, Any]) -> tuple[AcceptedCompletion, ...]:
    """What `parameters` (parameters.yaml, checked) accepts."""
    return tuple(
        AcceptedCompletion(**entry)
        for entry in parameters.get("evidence", {}).get("accepted_completions", ())
    )


def succeeded(
    jobs: pa.Table, accepted: Sequence[AcceptedCompletion], of_tiers: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Which backup or copy jobs are a success: COMPLETED, and of category SUCCESS, of none, or accepted.

    Jobs from before AWS reported categories have none. `of_tiers` are those whose tier accepts their end.
    """
    whole = among(jobs["message_category"], ("SUCCESS", "", None)) | _accepted(jobs, accepted)
    if of_tiers is not None:
        whole |= of_tiers
    return among(jobs["state"], ("COMPLETED",)) & whole


def _accepted(jobs: pa.Table, accepted: Sequence[AcceptedCompletion]) -> NDArray[np.bool_]:
    if not accepted:
        return np.zeros(jobs.num_rows, bool)
    ends, words = coded_rows(jobs["resource_type"], jobs["message_category"], jobs["message"])
    return np.array([any(one.accepts(*word) for one in accepted) for word in words], bool)[ends]
