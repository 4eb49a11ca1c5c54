"""Subjects of a run by their names: what a difference says whom it is about."""

from auditor.check.difference import HeldSubject
from auditor.evaluate.facts import Frame
from auditor.evaluate.inventory import Inventory


def subject_of(frame: Frame, inventory: Inventory, row: int) -> HeldSubject:
    """A subject of a frame of an account and Region."""
    kind, arn, name = (one[row].as_py() for one in (frame.resource_type, frame.arn, frame.name))
    return _held(inventory, frame.subject, kind, arn, name)


def resource_of(inventory: Inventory, row: int) -> HeldSubject:
    """A resource of an account and Region."""
    kind, arn, name = (str(one[row]) for one in (inventory.resource_type, inventory.arn, inventory.name))
    return _held(inventory, "resource", kind, arn, name)


def _held(inventory: Inventory, subject: str, kind: str, arn: str, name: str) -> HeldSubject:
    account = inventory.scope.account
    return HeldSubject(subject, kind, arn, name, account.account_id, account.name, inventory.scope.region)
