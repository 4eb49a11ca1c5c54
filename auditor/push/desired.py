"""What an account must have in one Region: the answer of policies/organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jsonschema

from auditor.model.errors import UsageError
from auditor.model.organization import Account
from auditor.model.resource_types import alike
from auditor.rego.engine import Engine
from auditor.yaml_files.patterns import SchemaValidator

_RULE: Final = "data.organization.desired"


@dataclass(frozen=True, slots=True)
class Desired:
    """The document of schemas/desired.json. With `problems`, nothing may be pushed."""

    problems: tuple[str, ...]
    vaults: tuple[Mapping[str, Any], ...]
    plans: tuple[Mapping[str, Any], ...]
    selections: tuple[Mapping[str, Any], ...]
    opt_in: tuple[str, ...]
    full_management: tuple[str, ...]


class Desires:
    """Asks one engine for the desired state, and checks its answers against their schema."""

    def __init__(self, engine: Engine, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._engine = engine
        self._validator = SchemaValidator(schemas["desired"])

    def of(self, account: Account, region: str, regions: Sequence[str]) -> Desired:
        """The desired state of `account` in `region`, one of the pushed `regions`.

        Raises `UsageError` when the policies give no answer, or one that is not as schemas/desired.json says.
        """
        answer = self._engine.query(
            _RULE,
            {
                "account": {
                    "account_id": account.account_id,
                    "name": account.name,
                    "ou_path": list(account.ou_path or ()),
                    "partition": account.partition,
                },
                "region": region,
                "regions": sorted(regions),
                "type_groups": [
                    {"types": list(types), "arns": [f"arn:{account.partition}:{form}" for form in forms]}
                    for types, forms in alike().items()
                ],
            },
        )
        if answer is None:
            raise UsageError(
                f"The policies define no {_RULE}: add policies/organization or point --policies at it."
            )
        problem = jsonschema.exceptions.best_match(self._validator.iter_errors(answer))
        if problem is not None:
            raise UsageError(
                f"Correct policies/organization: {_RULE} for account {account.account_id} in {region} is not "
                f"as schemas/desired.json says at {problem.json_path}: {problem.message}."
            )
        return Desired(
            problems=tuple(answer["problems"]),
            vaults=tuple(answer["vaults"]),
            plans=tuple(answer["plans"]),
            selections=tuple(answer["selections"]),
            opt_in=tuple(answer["settings"]["opt_in"]),
            full_management=tuple(answer["settings"]["full_management"]),
        )
