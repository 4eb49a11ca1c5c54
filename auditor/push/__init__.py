"""Make the desired state so: Rego computes it, push compares it with what is there and applies what differs.

    desired.py      what an account must have in a Region, from policies/organization
    state.py        what it has, read through the AWS Backup API
    difference.py   the changes from the one to the other: pure
    apply.py        the changes of one account, in the order in which they depend on each other
    run.py          every account, in parallel (access.py)

Push never deletes a vault, touches nothing that does not carry its tag `managed-by: auditor`, and never opts
a resource type out or weakens a lock.
"""
