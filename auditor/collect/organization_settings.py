"""The settings of AWS Backup that are of an organization, as its management account is told them.

One call for a run, in the management account: what other accounts are told is not documented.
"""

from collections.abc import Collection, Iterator
from typing import Final

import pyarrow as pa

from auditor.aws.items import member
from auditor.aws.organization import understood
from auditor.aws.reader import CallFailed, Reader
from auditor.collect.accounts import add_gap
from auditor.collect.columns import table_of
from auditor.collect.gaps import Gaps
from auditor.evidence.policy_tables import ORGANIZATION_SETTINGS
from auditor.model.organization import Account

_SERVICE, _OPERATION = "backup", "DescribeGlobalSettings"
#: IAM actions in the management account for them.
SETTINGS_ACTIONS: Final = (f"{_SERVICE}:{_OPERATION}",)
_SETTING: Final = "isCrossAccountBackupEnabled"
_FLAGS: Final = {"true": True, "false": False}


class OrganizationSettings:
    """The one row of the organization of a run, where its table is asked for."""

    def __init__(self) -> None:
        self._ids = ("", "")
        self._cross_account: bool | None = None

    def ask(self, tables: Collection[str], ids: tuple[str, str]) -> None:
        """Ask for what is among `tables` of the organization with these ids, its own and its management's."""
        if ORGANIZATION_SETTINGS in tables and all(ids):
            self._ids = ids

    def read(self, account: Account, reader: Reader, gaps: Gaps) -> None:
        """Read them if this is the account that is asked; a failed call is a gap."""
        if account.account_id != self._ids[1]:
            return
        try:
            answer = reader.ask(_SERVICE, _OPERATION)
            with understood(_OPERATION, _SERVICE):
                value = member(member(answer, "GlobalSettings", dict), _SETTING)
                if value not in _FLAGS:
                    raise ValueError(f"{_SETTING} is {value}")
                self._cross_account = _FLAGS[value]
        except CallFailed as error:
            add_gap(gaps, account, (ORGANIZATION_SETTINGS,), error)

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """The table by its name; the settings are null where they were not told."""
        organization_id, account_id = self._ids
        if account_id:
            row = {
                "organization_id": organization_id,
                "account_id": account_id,
                "cross_account_backup": self._cross_account,
            }
            yield ORGANIZATION_SETTINGS, table_of(ORGANIZATION_SETTINGS, [row])
