"""What inputs declare, found again in the evidence: by the id or ARN that they know, else by name.

What an input says to be there without a change of it is left as it is recorded, so that a run that is older
than the input is held against the change alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from auditor.check.against.mapped import Mapped
from auditor.check.against.place import PlaceMapping
from auditor.check.against.policies import REMOVED, SUBJECT, policies_changed
from auditor.check.against.trees import without
from auditor.check.against.vaults import without_vaults
from auditor.check.declared import Place, Prior
from auditor.check.reading import Reading, source_keys, vault_keys
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory


def mapped(
    readings: Sequence[Reading], recorded: Mapping[Scope, Inventory], as_of: datetime, management: str = ""
) -> Mapped:
    """Find what `readings` declare in the accounts and Regions of a run.

    What the account `management` opts in counts in every other one for the plans of the organization.
    """
    found = Mapped()
    for reading in readings:
        found.unmapped += _elsewhere(reading, recorded)
        protecting = {(place.account_id, place.region) for place in _protecting(reading)}
        found.open |= not protecting <= recorded.keys()
    declared = _by_scope([*readings, *without(readings, recorded)])
    for scope in sorted(declared.keys() & recorded.keys()):
        PlaceMapping(declared[scope], scope, recorded[scope], found, as_of).fill()
        found.places[scope].policies = policies_changed(declared[scope], recorded[scope])
    _keys_of(found, readings)
    without_vaults(found, recorded)
    above = {region: one.opted_in for (account, region), one in found.places.items() if account == management}
    for scope in recorded:
        if above.get(scope[1]):
            found.places[scope].opted_in_above = above[scope[1]]
    return found


def _keys_of(found: Mapped, readings: Sequence[Reading]) -> None:
    """Give the vaults and resources that a change puts in the keys that inputs tell of them."""
    keys = vault_keys(readings)
    for one in (vault for reading in readings for vault in reading.vaults):
        key = keys.get((one.place, one.name))
        change = found.places.get((one.place.account_id, one.place.region))
        if key and change and (one.arn in change.vaults_in or one.arn in change.open_vaults):
            change.vault_keys[one.arn] = key
    sources = source_keys(readings)
    for change in found.places.values():
        change.source_keys = {arn: sources[arn] for arn in change.resources_in if arn in sources}


#: What an input declares of accounts and Regions.
_NOUNS: Final = (
    "plans", "selections", "vaults", "opt_ins", "lifecycle_policies", "resources", "subjects", "removed",
)  # fmt: skip


def _by_scope(readings: Iterable[Reading]) -> Mapping[Scope, Reading]:
    """What all inputs declare of each account and Region."""
    found: defaultdict[Scope, Reading] = defaultdict(lambda: Reading("", ""))

    for reading in readings:
        for noun in _NOUNS:
            for one in getattr(reading, noun):
                getattr(found[one.place.account_id, one.place.region], noun).append(one)
    return found


def _elsewhere(reading: Reading, recorded: Mapping[Scope, Inventory]) -> Iterator[str]:
    """A sentence for each account and Region that the evidence does not have."""
    accounts = {account_id for account_id, _ in recorded}
    for place in sorted(_touched(reading), key=lambda one: (one.account_id, one.region)):
        if (place.account_id, place.region) in recorded:
            continue
        if place.unknown and reading.policies:
            yield f"{reading.file}: to which accounts a backup policy is attached is not known"
        elif place.unknown:
            yield (
                f"{reading.file}: which account and Region something is in is not known, so it is held "
                "against nothing; say it with --account and --region"
            )
        elif place.account_id not in accounts:
            yield f"{reading.file}: account {place.account_id} is not in the evidence"
        else:
            yield f"{reading.file}: account {place.account_id} was not read in {place.region}"


def _touched(reading: Reading) -> set[Place]:
    """Every account and Region in which an input may change something."""
    resources = ((one.place, one.prior) for one in reading.resources)
    policies = (one.place for one in reading.subjects if one.subject == SUBJECT and not one.stays)
    removed = (one.place for one in reading.removed)
    return {*_changing(resources), *_protecting(reading), *removed, *policies}


def _protecting(reading: Reading) -> Iterator[Place]:
    """Those in which it may change what protects others."""
    yield from _changing((one.place, one.prior) for one in reading.selections)
    yield from _changing((one.place, one.prior) for one in reading.vaults)
    yield from _changing((one.place, one.prior) for one in reading.opt_ins)
    yield from _changing((one.place, one.prior) for one in reading.plans)
    yield from _changing((one.place, one.prior) for one in reading.lifecycle_policies)
    yield from (one.place for one in reading.removed if one.kind not in ("resource", REMOVED))


def _changing(declared: Iterable[tuple[Place, Prior | None]]) -> Iterator[Place]:
    return (place for place, prior in declared if prior is None or prior.changes)
