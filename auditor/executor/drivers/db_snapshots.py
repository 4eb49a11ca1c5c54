"""Snapshots of RDS, of instances and of clusters, under their source's key (aws-backup.md 1.1 row 11).

AWS Backup names snapshots `awsbackup:job-…`; that colon is reserved to it and RDS refuses it to anyone
else, so the executor's are named `awsbackup-job-…`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final

from auditor.executor.drivers.listing import named, of_resource, status_of, token_of
from auditor.executor.drivers.native import NativeDriver
from auditor.executor.drivers.sharing import Change, end_share, shared
from auditor.executor.seam.calls import (
    GIBIBYTE,
    JOB_TAG,
    call,
    check_settled,
    delete_once,
    flag,
    found_once,
    make_once,
    marked,
    name_of,
    stream,
    tag_list,
    tag_map,
    test_name,
    whole,
)
from auditor.executor.seam.driver import Clients, ListedBackup, NativeBackup, Place
from auditor.model.arn import Arn, place_of
from auditor.model.organization import Resource

_DEFAULT_KEY: Final = "alias/aws/rds"
_COMPLETE: Final = frozenset({"available"})
_MAKING: Final = frozenset({"creating", "copying"})


@dataclass(frozen=True, slots=True)
class RdsWords:
    """What RDS calls things: nouns in its methods, `source` and `snapshot` in its parameters and answers.

    `kind` is the word of its ARNs for a source, `source_filter` that of filters.
    """

    source_noun: str
    noun: str
    source: str
    snapshot: str
    gone: frozenset[str]
    restore: str
    restored_from: str
    taken: tuple[str, ...]
    no_source: frozenset[str]
    copied_from: str
    kind: str
    source_filter: str


class DbSnapshotDriver(NativeDriver):
    """Snapshots of instances and of clusters differ in their words only."""

    required_metadata: ClassVar[tuple[str, ...]]
    _words: ClassVar[RdsWords]
    #: The types of snapshots that RDS gives only to who asks for them.
    _further_types: ClassVar[tuple[str, ...]] = ()
    #: What begins the name of each engine.
    _engine: ClassVar[str] = ""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """Have RDS make a snapshot (CreateDBSnapshot or CreateDBClusterSnapshot)."""
        words = self._words
        names = {words.source: name_of(resource.arn), f"{words.snapshot}Identifier": _identifier(token)}
        client = self._clients("rds", resource.account_id, resource.region)
        make = partial(self._make, client, f"create_{words.noun}", Tags=tag_list(tags), **names)
        return make_once(make, partial(self.find, token, resource.account_id, resource.region))

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """CopyDBSnapshot or CopyDBClusterSnapshot.

        A copy of an unencrypted snapshot stays unencrypted; an encrypted one needs a key of its own Region.
        """
        snapshot = f"{self._words.snapshot}Identifier"
        params = {f"Source{snapshot}": backup.arn, f"Target{snapshot}": _identifier(token)}
        if backup.encrypted:
            params["KmsKeyId"] = key or _DEFAULT_KEY
        client, operation = self._clients("rds", *destination), f"copy_{self._words.noun}"
        share = partial(self._share, backup.arn, source, destination[0])
        with shared(share, crossing=source[0] != destination[0]):
            make = partial(
                self._make, client, operation, SourceRegion=source[1], Tags=tag_list(tags), **params
            )
            return make_once(make, partial(self.find, token, *destination))

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the snapshot (DeleteDBSnapshot or DeleteDBClusterSnapshot)."""
        self._delete(name_of(arn), account_id, region)

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The snapshot that is named after `token`."""
        for snapshot in self._described(_identifier(token), account_id, region):
            if snapshot["Status"] in _COMPLETE | _MAKING:
                return self._backup(snapshot)
        return None

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Snapshots, manual and automated, and what AWS Backup has made."""
        client, words = self._clients("rds", account_id, region), self._words
        filters = [] if resource_arn is None else named(words.source_filter, [name_of(resource_arn)])
        place, seen = (account_id, region), set[str]()
        for asked in ({}, *({"SnapshotType": kind} for kind in self._further_types)):
            found = stream(client, f"describe_{words.noun}s", f"{words.snapshot}s", Filters=filters, **asked)
            ours = (snapshot for snapshot in found if snapshot["Engine"].startswith(self._engine))
            for backup in of_resource((self._listed(each, place) for each in ours), resource_arn):
                if backup.native.arn not in seen:
                    seen.add(backup.native.arn)
                    yield backup

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the snapshot's state is `available`. The share of a copy that is no longer made ends."""
        found = self._described(name_of(arn), account_id, region)
        snapshot = found[0] if found else {}
        state = snapshot.get("Status")
        if state not in _MAKING:
            self._end_share(snapshot, account_id)
        return check_settled(arn, state, complete=_COMPLETE, making=_MAKING)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete the snapshot that is named after `token`."""
        for snapshot in self._described(_identifier(token), account_id, region):
            self._end_share(snapshot, account_id)
            self._delete(_identifier(token), account_id, region)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Engine, port and source of the snapshot."""
        client, words = self._clients("rds", account_id, region), self._words
        answer = call(client, f"describe_{words.noun}s", **{f"{words.snapshot}Identifier": name_of(arn)})
        (snapshot,) = answer[f"{words.snapshot}s"]
        keys = (words.source, "Engine", "EngineVersion", "Port", "AvailabilityZone")
        return {key: str(snapshot[key]) for key in keys if snapshot.get(key)}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """RestoreDBInstanceFromDBSnapshot or RestoreDBClusterFromSnapshot, marked as made under `token`."""
        words = self._words
        params: dict[str, Any] = {key: metadata[key] for key in words.taken if key in metadata}
        if "Port" in metadata:
            params["Port"] = whole(metadata, "Port")
        if "MultiAZ" in metadata and words.noun == "db_snapshot":
            params["MultiAZ"] = flag(metadata, "MultiAZ")
        params[words.restored_from] = name_of(arn)
        return self._restore_once(words.restore, params, metadata[words.source], place, token, tags)

    def _restore_once(
        self,
        operation: str,
        params: Mapping[str, Any],
        name: str,
        place: Place,
        token: str,
        tags: Mapping[str, str],
    ) -> str:
        """The ARN of the database that was restored as `name` under `token`, now or earlier."""
        words, client = self._words, self._clients("rds", *place)
        kind = words.source.removesuffix("Identifier")
        for made in found_once(
            client, f"describe_{words.source_noun}s", f"{kind}s", words.no_source, **{words.source: name}
        ):
            if tag_map(made.get("TagList")).get(JOB_TAG) == token:
                return str(made[f"{kind}Arn"])
        answer = call(client, operation, Tags=tag_list(marked(tags, token)), **params)
        return str(answer[kind][f"{kind}Arn"])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name, and a cluster's engine."""
        found = self.restore_metadata(arn, *place) | {self._words.source: test_name(token)}
        return {key: found[key] for key in self.required_metadata}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteDBInstance or DeleteDBCluster, without a last snapshot."""
        client, words = self._clients("rds", account_id, region), self._words
        params = {words.source: name_of(arn), "SkipFinalSnapshot": True}
        delete_once(client, f"delete_{words.source_noun}", words.no_source, **params)

    def _share(self, arn: str, source: Place, account_id: str, change: Change) -> None:
        """ModifyDBSnapshotAttribute or ModifyDBClusterSnapshotAttribute."""
        client, words = self._clients("rds", *source), self._words
        params = {
            f"{words.snapshot}Identifier": name_of(arn),
            "AttributeName": "restore",
            f"ValuesTo{change.capitalize()}": [account_id],
        }
        gone = words.gone if change == "remove" else ()
        delete_once(client, f"modify_{words.noun}_attribute", gone, **params)

    def _end_share(self, snapshot: Mapping[str, Any], account_id: str) -> None:
        """RDS itself tells where a copy comes from."""
        arn = snapshot.get(self._words.copied_from)
        if arn:
            source, source_region = place_of(arn)
            if source != account_id:
                end_share(partial(self._share, arn, (source, source_region), account_id))

    def _described(self, identifier: str, account_id: str, region: str) -> list[dict[str, Any]]:
        client, words = self._clients("rds", account_id, region), self._words
        name = {f"{words.snapshot}Identifier": identifier}
        return found_once(client, f"describe_{words.noun}s", f"{words.snapshot}s", words.gone, **name)

    def _delete(self, identifier: str, account_id: str, region: str) -> None:
        client, words = self._clients("rds", account_id, region), self._words
        name = {f"{words.snapshot}Identifier": identifier}
        delete_once(client, f"delete_{words.noun}", words.gone, **name)

    def _listed(self, snapshot: dict[str, Any], place: Place) -> ListedBackup:
        """The snapshot; one that was copied from another place is of no database of this one."""
        words, native = self._words, self._backup(snapshot)
        name, copied_from = snapshot[words.source], snapshot.get(words.copied_from)
        source = replace(Arn.parse(native.arn), resource=f"{words.kind}:{name}")
        state = snapshot["Status"]
        status, message = status_of(state, complete=_COMPLETE, making=_MAKING, deleting={"deleting"})
        return ListedBackup(
            native,
            str(source) if not copied_from or place_of(copied_from) == place else None,
            snapshot.get("SnapshotCreateTime"),
            status,
            message,
            name,
            token_of(snapshot[f"{words.snapshot}Identifier"], _identifier),
        )

    def _make(self, client: Any, operation: str, **params: Any) -> NativeBackup:
        return self._backup(call(client, operation, **params)[self._words.snapshot])

    def _backup(self, snapshot: dict[str, Any]) -> NativeBackup:
        encrypted = bool(snapshot.get("StorageEncrypted", snapshot.get("Encrypted", False)))
        return NativeBackup(
            snapshot[f"{self._words.snapshot}Arn"],
            int(snapshot.get("AllocatedStorage") or 0) * GIBIBYTE,
            encrypted,
            snapshot.get("KmsKeyId") if encrypted else None,
        )


def _identifier(token: str) -> str:
    return f"awsbackup-job-{token.lower()}"
