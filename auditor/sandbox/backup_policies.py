"""Backup policies of AWS Organizations, which moto lacks: what they come to, and the plans made of it.

Importing this module changes moto. Where the policies of an account make no whole plans together, the last
effective policy that was valid stays in force (aws-backup.md 3.1 to 3.3). AWS names one code of an error
(ELEMENTS_TOO_MANY); that of every other one is ours.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, Final

from moto.organizations import models
from moto.organizations.exceptions import AccountNotFoundException, OrganizationsClientError
from moto.organizations.models import FakePolicy, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from auditor.derive.backup_policies import EffectivePlan, plans_of
from auditor.derive.backup_policy_faults import Fault, excessive, incomplete, malformed
from auditor.derive.policy_merge import Level, merge
from auditor.executor.operations.organization_plans import put_organization_plans
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

Json = Any
Answering = Callable[[OrganizationsResponse], str]

KIND: Final = "BACKUP_POLICY"
_BACKUP: Final = "backup.amazonaws.com"
_ARN: Final = "arn:{0}:organizations::{1}:policy/{2}/backup_policy/{3}"


class _Policy(FakePolicy):
    """A policy as moto has it, or a backup policy."""

    def __init__(self, organization: Any, **given: Any) -> None:
        kind = given.get("Type", "")
        super().__init__(organization, **{**given, "Type": "TAG_POLICY" if kind == KIND else kind})
        if kind == KIND:
            self.type, self._arn_format = kind, _ARN


@dataclass(frozen=True, slots=True)
class _Effective:
    """What is in force in an account and since when, {} where nothing is, and why what is written is not."""

    document: dict[str, Json] = field(default_factory=dict)
    updated: datetime | None = None
    faults: tuple[Fault, ...] = ()
    policies: tuple[str, ...] = ()


@dataclass(slots=True)
class OrganizationPolicies:
    """The backup policies of what `management` manages; `service` is AWS Backup, which makes plans of it."""

    management: str
    partition: str
    service: BackupService
    effective: dict[str, _Effective] = field(default_factory=dict)
    _made: dict[str, dict[str, Json]] = field(default_factory=dict)

    def changed(self) -> None:
        """Look at what the policies come to, after a call that may have changed it."""
        backend = organizations_backends[self.management][self.partition]
        vars(backend)["backup_policies"] = self
        trusted = any(one["ServicePrincipal"] == _BACKUP for one in backend.services)
        for account in backend.accounts:
            before = self.effective.get(account.id, _Effective())
            found = _after(before, _levels(backend, account), self.service.clock())
            self.effective[account.id] = found
            if trusted and found.document != self._made.get(account.id, {}):
                self._make(account.id, found.document)

    def _make(self, account_id: str, document: dict[str, Json]) -> None:
        """Let AWS Backup make the plans of an effective policy, and take those away that it no longer has."""
        plans, before = plans_of(document), plans_of(self._made.get(account_id, {}))
        for region in sorted({*chain.from_iterable(one.regions for one in (*plans, *before))}):
            here = {one.name: _documents(one, account_id, region) for one in plans if region in one.regions}
            put_organization_plans(self.service, AccountRegion(account_id, region, self.partition), here)
        self._made[account_id] = document


def _levels(backend: Any, account: Any) -> list[list[Any]]:
    """The backup policies of the root, of each unit on the way, and of the account, each as attached."""
    units = {unit.id: unit for unit in backend.ou}
    path = [account]
    while path[-1].parent_id in units:
        path.append(units[path[-1].parent_id])
    if not any(one["Type"] == KIND for one in path[-1].policy_types):
        return []
    return [[policy for policy in one.attached_policies if policy.type == KIND] for one in reversed(path)]


def _after(before: _Effective, levels: list[list[Any]], now: datetime) -> _Effective:
    """What is in force in an account after a change of its policies."""
    written = [[(one.name, json.loads(one.content)) for one in level] for level in levels]
    merged = merge([Level(tuple(level)) for level in written]).effective
    faults = [fault for level in written for _, document in level for fault in malformed(document)]
    if merged and not faults:
        faults = [*incomplete(merged), *excessive(merged)]
    policies = tuple(one.id for level in levels for one in level)
    if faults:
        return replace(before, faults=tuple(faults), policies=policies)
    document = _kept(merged)
    if document == before.document:
        return replace(before, faults=(), policies=policies)
    return _Effective(document, now, policies=policies)


def _kept(policy: Mapping[str, Json]) -> dict[str, Json]:
    """An effective policy with the names of rules and selections as AWS keeps them: in small letters."""

    def small(named: Mapping[str, Json]) -> dict[str, Json]:
        return {name.lower(): one for name, one in named.items()}

    plans = {
        name: {
            **plan,
            "rules": small(plan["rules"]),
            "selections": {kind: small(found) for kind, found in plan["selections"].items()},
        }
        for name, plan in policy.get("plans", {}).items()
    }
    return {**policy, "plans": plans} if plans else {}


def _documents(plan: EffectivePlan, account_id: str, region: str) -> tuple[Json, list[Json]]:
    """A plan and its selections for AWS Backup, without what the policy does not say."""
    document = plan.document(account_id, region)
    rules = [_said(rule) for rule in document["Rules"]]
    chosen = [_said(one) for _, one in plan.selection_documents(account_id, region)]
    return {**document, "Rules": rules}, chosen


def _said(document: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in document.items() if value not in (None, {}, [])}


def _asked(response: OrganizationsResponse) -> OrganizationPolicies:
    """What the management account is told about; of no other type of policy is there an effective one."""
    found: OrganizationPolicies | None = vars(response.organizations_backend).get("backup_policies")
    if found is None or json.loads(response.body).get("PolicyType") != KIND:
        raise _none()
    return found


def _none() -> OrganizationsClientError:
    message = "The account doesn't have an effective policy of this type."
    return OrganizationsClientError("EffectivePolicyNotFoundException", message)


def _describe(response: OrganizationsResponse) -> str:
    """DescribeEffectivePolicy of an account."""
    policies, given = _asked(response), json.loads(response.body)
    account_id = given.get("TargetId", policies.management)
    found = policies.effective.get(account_id, _Effective())
    if found.updated is None or not found.document:
        raise _none()
    policy = {
        "PolicyContent": json.dumps(found.document),
        "LastUpdatedTimestamp": found.updated.timestamp(),
        "TargetId": account_id,
        "PolicyType": KIND,
    }
    return json.dumps({"EffectivePolicy": policy})


def _list_invalid(response: OrganizationsResponse) -> str:
    """ListAccountsWithInvalidEffectivePolicy, in one page."""
    policies = _asked(response)
    accounts = response.organizations_backend.accounts
    invalid = [one.describe() for one in accounts if policies.effective[one.id].faults]
    return json.dumps({"Accounts": invalid, "PolicyType": KIND})


def _list_errors(response: OrganizationsResponse) -> str:
    """ListEffectivePolicyValidationErrors of an account, in one page."""
    policies, account_id = _asked(response), json.loads(response.body)["AccountId"]
    if account_id not in policies.effective:
        raise AccountNotFoundException
    found = policies.effective[account_id]
    errors = [
        {
            "ErrorCode": "ELEMENTS_TOO_MANY" if fault.path[-1:] == ("rules",) else "ELEMENT_INVALID",
            "ErrorMessage": fault.said,
            "PathToError": "/".join(fault.path),
            "ContributingPolicies": list(found.policies),
        }
        for fault in found.faults
    ]
    answer = {"AccountId": account_id, "PolicyType": KIND, "EffectivePolicyValidationErrors": errors}
    return json.dumps(answer)


_ANSWERS: Final[Mapping[str, Answering]] = {
    "describe_effective_policy": _describe,
    "list_accounts_with_invalid_effective_policy": _list_invalid,
    "list_effective_policy_validation_errors": _list_errors,
}
vars(models)["FakePolicy"] = _Policy
for name, answering in _ANSWERS.items():
    setattr(OrganizationsResponse, name, answering)
