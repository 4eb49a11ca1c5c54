"""The ids by which people and programs name a finding and a cause."""

from hashlib import sha256


def finding_id(control_id: str, arn: str, account_id: str, region: str) -> str:
    """Return the id of a control's finding about a subject: the same in every run that finds it.

    `account_id` and `region` are the subject's, as an ARN does not always name them.
    """
    return stable_id("finding", f"{control_id}\0{arn}\0{account_id}\0{region}")


def cause_id(*named_by: str) -> str:
    """Return the id of what findings have in common: the same in every run that finds it.

    `named_by` are the control, the reason's code, and the cause's kind, name, plan, why and detail; no count
    and no time.
    """
    return stable_id("cause", "\0".join(named_by))


def nth(own: str, number: int) -> str:
    """Return an id for thing `number`, from 1, of those whose `own` id is the same."""
    return own if number == 1 else f"{own}:{number}"


def stable_id(kind: str, key: str) -> str:
    """Return a short name for `key`, the same wherever it is asked for, that says its `kind`."""
    return f"{kind}-{sha256(key.encode()).hexdigest()[:12]}"
