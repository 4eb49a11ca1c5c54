"""What of the backups of one account can be destroyed: its vaults, recovery points and keys, as they are.

Of recovery points one is enough of those that no policy tells from each other: their number costs a scan of
their ARNs for each pattern that is for some of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from auditor.derive.destroyers import Things
from auditor.derive.destructible import Thing, ThingKind, any_one, may_fit
from auditor.derive.iam_policy import understood
from auditor.evaluate.arrow import joined
from auditor.evaluate.columns import coded, flags
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.gaps import GapIndex
from auditor.evidence.asked_tables import KEY_POLICIES
from auditor.model.arn import pattern_of, place_of
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

#: What of a Region is not known where a table of it is incomplete.
_KINDS_OF: Final = {
    "backup_vaults": (ThingKind.VAULT, ThingKind.POINT),
    "vault_policies": (),
    "recovery_points": (ThingKind.POINT, ThingKind.SNAPSHOT, ThingKind.IMAGE),
    "keys": (ThingKind.KEY,),
    KEY_POLICIES: (),
}
#: What has a policy of its own, or of its vault.
_GUARDED: Final = (ThingKind.VAULT, ThingKind.POINT, ThingKind.KEY)
#: How the ARNs of recovery points begin that are snapshots and images of EC2, behind the Region.
_OF_EC2: Final = {"::snapshot/": ThingKind.SNAPSHOT, "::image/": ThingKind.IMAGE}


def destructible(
    evidence: "Evidence", known: GapIndex, account: Account, texts: Iterable[str]
) -> tuple[Things, tuple[str, ...]]:
    """What there is of each kind in an account, and the gaps in that.

    `texts` are the policies by which things are told from each other. Where nothing of a kind was made yet,
    it is any one of each Region that was read.
    """
    things: defaultdict[ThingKind, list[Thing]] = defaultdict(list)
    gaps: list[str] = []
    texts = [*texts]
    regions = [region for account_id, region in evidence.partitions() if account_id == account.account_id]
    for region in regions:
        vaults = _vaults(evidence, account, region)
        things[ThingKind.VAULT] += vaults.values()
        things[ThingKind.KEY] += _keys(evidence, account, region)
        for kind, thing in _points(evidence, account, region, vaults, texts):
            things[kind].append(thing)
        for table, kinds in _KINDS_OF.items():
            found = known.ids((table,), account.account_id, region)
            gaps += found
            for kind in kinds if found else ():
                one = any_one(kind, account.account_id, account.partition, region)
                things[kind].append(one._replace(policy=None) if kind in _GUARDED else one)
    for kind in (one for one in ThingKind if not things[one] and one is not ThingKind.OTHER):
        places = [""] if kind is ThingKind.POLICY else regions
        things[kind] = [any_one(kind, account.account_id, account.partition, one) for one in places]
        # the ARNs of points that other services manage are theirs
        things[kind] += [Thing("", one) for one in places if kind is ThingKind.POINT]
    return things, tuple(dict.fromkeys(gaps))


def guards(things: Things) -> Iterator[str]:
    """The policies of things that are known, each once."""
    held = (thing.policy for kind in (ThingKind.VAULT, ThingKind.KEY) for thing in things.get(kind, ()))
    yield from dict.fromkeys(policy for policy in held if policy)


def _vaults(evidence: "Evidence", account: Account, region: str) -> dict[str, Thing]:
    """The vaults by their ARNs; one of which no policy was told has one that is not known."""
    place = (account.account_id, region)
    policies = evidence.read("vault_policies", *place)
    documents: dict[str, Any] = dict(
        zip(policies["vault_arn"].to_pylist(), policies["document"].to_pylist(), strict=True)
    )
    arns = evidence.read("backup_vaults", *place, ["arn"])["arn"].to_pylist()
    return {arn: Thing(arn, region, arn, documents[arn] or "" if arn in documents else None) for arn in arns}


def _keys(evidence: "Evidence", account: Account, region: str) -> Iterator[Thing]:
    """The keys of the account that somebody can take away: not those of AWS, nor those that are gone.

    The policy of one is told in its own Region only; without it nobody knows who may.
    """
    table = evidence.read(KEY_POLICIES, account.account_id, region)
    documents = dict(zip(table["key_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    for row in evidence.read("keys", account.account_id, region).to_pylist():
        arn = row["arn"]
        if row["key_manager"] == "CUSTOMER" and place_of(arn) == (account.account_id, region):
            yield Thing(arn, region, arn, documents.get(arn))


def _points(
    evidence: "Evidence", account: Account, region: str, vaults: Mapping[str, Thing], texts: Collection[str]
) -> Iterator[tuple[ThingKind, Thing]]:
    """One of all recovery points of a vault that the patterns of `texts` do not tell from each other."""
    table = evidence.read("recovery_points", account.account_id, region, ["arn", "vault_arn"])
    if not table.num_rows:
        return
    held, names = coded(table["vault_arn"])
    arns = joined(table["arn"])
    service = [flags(pc.match_substring(arns, word)).astype(np.int64) for word in _OF_EC2]
    own = {text for vault in vaults.values() if (text := vault.policy)}
    marks = [
        flags(pc.match_substring_regex(arns, pattern_of(one))).astype(np.int64)
        for one in _patterns((*texts, *own), region)
    ]
    first, _ = distinct(combine([held, *service, *marks], table.num_rows))
    for row in first.tolist():
        arn, name = arns[row].as_py(), names[held[row]]
        vault = vaults.get(name, Thing(name, region, name, None))
        yield ThingKind.POINT, vault._replace(arn=arn)
        for word, kind in _OF_EC2.items():
            if word in arn:
                yield kind, Thing(arn, region)


def _patterns(texts: Iterable[str], region: str) -> list[str]:
    """The patterns of resources in policies that may be for some recovery points of a Region."""
    read = (one for text in texts for one in understood(text) or () if not one.everywhere)
    named = dict.fromkeys(wanted for one in read for wanted in one.resources)
    shapes = (f"arn:*:*:{region}:*", f"arn:*:*:{region}::*", "arn:*:s3:::*")
    return [one for one in named if one != "*" and any(may_fit(one, shape) for shape in shapes)]
