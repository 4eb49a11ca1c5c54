"""The document's bounds that do not depend on findings."""

import dataclasses

import pytest

from auditor.judge.publish import _without_the_last_accounts
from reports.document import MAX_ACCOUNTS, AuditDocument
from tests.golden.sample_document import build


def document(accounts: int) -> AuditDocument:
    """The sample with so many accounts: the later ones have more findings, the first has no verdict."""
    sample = build()[0]
    ids = [f"{number:012d}" for number in range(accounts)]
    counts = {name: {"NON_COMPLIANT": number, "COMPLIANT": 1} for number, name in enumerate(ids[1:])}
    entries = tuple({"account_id": name, "name": name, "ou_path": [], "regions": []} for name in ids)
    summary = dataclasses.replace(
        sample.summary, by_account=counts, resources_by_account=counts, accounts=accounts
    )
    return dataclasses.replace(sample, run=dataclasses.replace(sample.run, accounts=entries), summary=summary)


@pytest.mark.parametrize(
    ("accounts", "listed"), [(MAX_ACCOUNTS, MAX_ACCOUNTS), (MAX_ACCOUNTS + 3, MAX_ACCOUNTS)]
)
def test_of_many_accounts_those_with_the_most_findings_are_listed(accounts: int, listed: int) -> None:
    """Up to the bound all are listed; beyond it the total stays, and those without findings go first."""
    whole = document(accounts)
    made = _without_the_last_accounts(whole)
    names = [account["account_id"] for account in made.run.accounts]
    left_out = [f"{number:012d}" for number in range(accounts - listed)]
    assert names == [f"{number:012d}" for number in range(accounts) if f"{number:012d}" not in left_out]
    assert set(made.summary.by_account) == set(made.summary.resources_by_account) == set(names) - {"0" * 12}
    assert made.summary.accounts == accounts
