"""The creation of one resource, asked for where no list tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, member
from auditor.collect.collector import Scope
from auditor.evidence.table_schemas import AGES

_AGES: Final = (AGES,)


@dataclass(frozen=True, slots=True)
class AgeCall:
    """A call about one resource, by botocore's words.

    `inside` is the member of the answer that describes it ("": the answer does), `created` the time and
    `state` the state in it; `gone` are its values of what is being deleted.
    """

    service: str
    operation: str
    inside: str
    created: str
    state: str
    gone: frozenset[str]


def dated_by_call(
    scope: Scope, row: Mapping[str, Any], call: AgeCall, **parameters: Any
) -> Mapping[str, Any] | None:
    """Give the row with the creation, unchanged if the call fails, None if the resource is gone."""
    absent = ("ResourceNotFoundException",)
    answer = scope.ask(call.service, call.operation, provides=_AGES, absent=absent, **parameters)
    if answer is None:
        return row
    if not answer:
        return None
    try:
        about = member(answer, call.inside, dict) if call.inside else answer
        if about.get(call.state) in call.gone:
            return None
        return {**row, "created_at": member(about, call.created, SECONDS)}
    except MALFORMED as error:
        what = f"The answer about {row['arn']}"
        scope.not_understood(call.service, call.operation, what, error, _AGES)
        return row
