"""Tagged vaults and plans for the Resource Groups Tagging API, which moto answers for every other service.

moto asks each of its services for what is tagged in an account and Region; here ours is one of them.
Source of the resource types: Resource Groups Tagging API, "Services that support the … Tagging API".
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource, iter_taggable_backends
from moto.resourcegroupstaggingapi import models
from sqlalchemy import select

from auditor.executor.api.errors import ServiceError
from auditor.executor.database.sql_tables import plans, vaults
from auditor.executor.operations.tags import tag_resource, untag_resource
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

_TYPES: Final = ((vaults, "backup:backup-vault"), (plans, "backup:backup-plan"))


def show_tags(service: BackupService, partition: str) -> None:
    """Have moto's tagging API ask `service` too, until `hide_tags`."""

    def backends(account_id: str, region: str) -> Iterator[TaggableResourcesMixin]:
        for backend in iter_taggable_backends(account_id, region):
            yield _Buckets(backend, region) if backend.SERVICE_NAMESPACE == "s3" else backend
        yield _Backups(service, AccountRegion(account_id, region, partition))

    vars(models)["iter_taggable_backends"] = backends


def hide_tags() -> None:
    """Have moto's tagging API ask moto alone again: the process shares it, and it outlives the service."""
    vars(models)["iter_taggable_backends"] = iter_taggable_backends


class _Buckets(TaggableResourcesMixin):
    """The buckets of one Region: moto lists those of every Region in each."""

    SERVICE_NAMESPACE = "s3"

    def __init__(self, backend: Any, region: str) -> None:
        self.partition = backend.partition
        self._backend = backend
        self._region = region

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """As moto lists them."""
        for found in self._backend.iter_tagged_resources():
            if self._backend.buckets[found.arn.rpartition(":")[2]].region_name == self._region:
                yield found

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Leave it to moto."""
        self._backend.tag_resource(arn, tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Leave it to moto."""
        self._backend.untag_resource(arn, tag_keys)


class _Backups(TaggableResourcesMixin):
    """What AWS Backup has in one account and Region, as moto asks for it."""

    SERVICE_NAMESPACE = "backup"

    def __init__(self, service: BackupService, scope: AccountRegion) -> None:
        self.partition = scope.partition
        self._service = service
        self._scope = scope

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Vaults by name, then plans that are not deleted."""
        with self._service.database.read() as connection:
            for table, kind in _TYPES:
                living = [table.c.deleted.is_(None)] if table is plans else []
                rows = connection.execute(
                    select(table.c.arn, table.c.tags)
                    .where(
                        table.c.account_id == self._scope.account_id,
                        table.c.region == self._scope.region,
                        *living,
                    )
                    .order_by(table.c.name, table.c.arn)
                ).all()
                yield from (TaggedResource(row.arn, orjson.loads(row.tags), kind) for row in rows)

    def owns_arn(self, arn: str) -> bool:
        """Whether it is of this account and Region: another's is not found."""
        return arn.startswith(f"arn:{self.partition}:backup:{self._scope.region}:{self._scope.account_id}:")

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """TagResources of one; what cannot be tagged is in FailedResourcesMap, as moto has it."""
        try:
            tag_resource(self._service, self._scope, {"ResourceArn": arn, "Tags": tags})
        except ServiceError as error:
            raise NotImplementedError(error.message) from None

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """UntagResources of one, likewise."""
        try:
            untag_resource(self._service, self._scope, {"ResourceArn": arn, "TagKeyList": tag_keys})
        except ServiceError as error:
            raise NotImplementedError(error.message) from None
