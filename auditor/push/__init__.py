"""Bring accounts to the desired state: Rego computes it, push compares and applies the changes.

    desired.py      what an account must have in a Region, from policies/organization
    state.py        what it has, read through the AWS Backup API
    difference.py   the changes from the one to the other: pure
    apply.py        the changes of one account, in the order in which they depend on each other
    run.py          every account, in parallel (access.py)

Push never deletes a vault, touches nothing that does not carry its tag `managed-by: auditor`, and never opts
a resource type out or weakens a lock.
"""
