"""The tables of the organization's policies and settings: read once for a run, where something asks so."""

from typing import Final

import pyarrow as pa

from auditor.evidence.column_types import TEXT, TEXTS, TIME, table_schema

CONTROL_POLICIES: Final = "control_policies"
BACKUP_POLICIES: Final = "backup_policies"
EFFECTIVE_POLICIES: Final = "effective_policies"
POLICY_ERRORS: Final = "policy_errors"
ORGANIZATION_SETTINGS: Final = "organization_settings"

_ATTACHED: Final = table_schema(policy_id=TEXT, kind=TEXT, name=TEXT, document=TEXT, targets=TEXTS)

POLICY_TABLES: Final[dict[str, pa.Schema]] = {
    # the service and resource control policies, each with the ids of what it is attached to; kind is AWS's
    # word for its type; no row where none is in force
    CONTROL_POLICIES: _ATTACHED,
    # the same of backup policies
    BACKUP_POLICIES: _ATTACHED,
    # a row for each account that a backup policy is attached to, or to what it lies in: document is what AWS
    # Organizations says is in force there (null where it says that nothing is), updated_at since when
    EFFECTIVE_POLICIES: table_schema(account_id=TEXT, document=TEXT, updated_at=TIME),
    # what makes the policies of an account not valid together, a row for each error; an account of which the
    # errors were not told has one row with nulls (there is a gap then)
    POLICY_ERRORS: table_schema(account_id=TEXT, code=TEXT, message=TEXT, path=TEXT),
    # one row: the organization, its management account, and whether AWS Backup copies between accounts there
    # (null where it was not told)
    ORGANIZATION_SETTINGS: table_schema(
        organization_id=TEXT, account_id=TEXT, cross_account_backup=pa.bool_()
    ),
}

NEEDED_OF_POLICIES: Final = {
    CONTROL_POLICIES: ("kind", "document", "targets"),
    BACKUP_POLICIES: ("policy_id", "name", "document", "targets"),
    EFFECTIVE_POLICIES: ("account_id",),
    POLICY_ERRORS: ("account_id",),
    ORGANIZATION_SETTINGS: ("organization_id", "account_id"),
}
