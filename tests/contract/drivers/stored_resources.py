"""A resource of each type that is backed up into the store, and whose content is one text."""

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from auditor.executor.drivers import make_drivers
from auditor.executor.seam.driver import NativeBackup
from auditor.model.organization import Resource
from tests.contract.drivers.bucket_world import HERE, REGION, START, STORE, token
from tests.contract.drivers.kinds import Clients


class Killed(BaseException):
    """The process ends."""


class Case:
    """A resource that is backed up into the store, and whose content is one text."""

    kind = ("", True)

    def __init__(self, clients: Clients, folder: Path) -> None:
        self.clients, self.folder = clients, folder
        self.now = START
        self.s3 = clients("s3", *HERE)
        self.restores = count(1000)
        self.mounts: dict[str, Path] = {}
        self.make()
        (self.resource,) = [one for one in self.driver().discover(*HERE) if self.is_ours(one)]

    def make(self) -> None:
        """Make the resource."""

    def is_ours(self, resource: Resource) -> bool:
        """Whether it is the resource."""
        return resource.name == "data"

    def clock(self) -> datetime:
        """A second later each time."""
        self.now += timedelta(seconds=1)
        return self.now

    def driver(self) -> Any:
        """A driver as a new process has it."""
        drivers = make_drivers(self.clients, self.clock, mounts=self.mounts)
        return next(one for one in drivers if (one.resource_type, one.fully_managed) == self.kind)

    def change(self, text: str) -> None:
        """Put a text in the place of another."""
        raise NotImplementedError

    def text(self, arn: str) -> str:
        """What is restored."""
        raise NotImplementedError

    def back_up(self, number: int) -> NativeBackup:
        """The n-th job."""
        made = self.driver().back_up(self.resource, vault_key_arn=None, token=token(number), tags={})
        assert isinstance(made, NativeBackup)
        return made

    def back_up_changed(self, number: int) -> NativeBackup:
        """The n-th job, after a change."""
        self.change("changed")
        return self.back_up(number)

    def back_up_and_delete(self, number: int) -> None:
        """The n-th job, and the end of its recovery point."""
        self.driver().delete(self.back_up(number).arn, *HERE)

    def find(self, number: int) -> NativeBackup | None:
        """What the n-th job has made."""
        found = self.driver().find(token(number), *HERE)
        assert found is None or isinstance(found, NativeBackup)
        return found

    def stored(self) -> list[str]:
        """Every name in the store."""
        found = self.s3.list_objects_v2(Bucket=STORE).get("Contents", ())
        return [item["Key"] for item in found]


class BucketCase(Case):
    """A bucket with an object that changes and one that stays."""

    kind = ("S3", True)

    def make(self) -> None:
        """Versioned, as it must be."""
        where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        self.s3.create_bucket(Bucket="data", **where)
        self.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object(Bucket="data", Key="stays", Body=b"same")

    def change(self, text: str) -> None:
        """A new version."""
        self.s3.put_object(Bucket="data", Key="changes", Body=text.encode())

    def text(self, arn: str, **more: str) -> str:
        """Both objects of a new bucket."""
        number = next(self.restores)
        wanted = {"DestinationBucketName": f"new-{number}", "NewBucket": "true", **more}
        self.driver().restore(arn, place=HERE, metadata=wanted, token=token(number), tags={})
        read = {key: self.s3.get_object(Bucket=f"new-{number}", Key=key) for key in ("stays", "changes")}
        assert read["stays"]["Body"].read() == b"same"
        return str(read["changes"]["Body"].read().decode())


class TreeCase(Case):
    """A file system with a file that changes and one that stays."""

    kind = ("EFS", True)

    def make(self) -> None:
        """Mounted."""
        made = self.clients("efs", *HERE).create_file_system(CreationToken="data")
        root = self.folder / "mnt"
        root.mkdir()
        (root / "stays").write_text("same")
        self.mounts = {made["FileSystemId"]: root}
        self.root, self.name = root, made["FileSystemId"]

    def is_ours(self, resource: Resource) -> bool:
        """There is one file system."""
        return resource.resource_type == "EFS"

    def change(self, text: str) -> None:
        """Other content."""
        (self.root / "changes").write_text(text)

    def text(self, arn: str) -> str:
        """Both files of a directory, which is taken away again."""
        number = next(self.restores)
        metadata = {"file-system-id": self.name, "directory": "restored"}
        self.driver().restore(arn, place=HERE, metadata=metadata, token=token(number), tags={})
        (found,) = (self.root / "restored").iterdir()
        read = {path.name: path.read_text() for path in found.iterdir()}
        for path in [*found.iterdir(), found]:
            path.rmdir() if path.is_dir() else path.unlink()
        (self.root / "restored").rmdir()
        assert (read.pop("stays"), set(read)) == ("same", {"changes"})
        return read["changes"]


class TableCase(Case):
    """A table of several pages, with an item that changes."""

    kind = ("DynamoDB", True)

    def make(self) -> None:
        """Three items of which a page takes two."""
        self.dynamodb = self.clients("dynamodb", *HERE)
        self.dynamodb.create_table(
            TableName="data",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.change("")
        for number in range(3):
            item = {"id": {"S": f"large-{number}"}, "text": {"S": "x" * 390_000}}
            self.dynamodb.put_item(TableName="data", Item=item)

    def change(self, text: str) -> None:
        """Another item in the place of the first, and one in the last page."""
        for key in ("a", "z"):
            self.dynamodb.put_item(TableName="data", Item={"id": {"S": key}, "text": {"S": text}})

    def text(self, arn: str) -> str:
        """An item of each page."""
        name = f"new-{next(self.restores)}"
        metadata = {"targetTableName": name}
        self.driver().restore(arn, place=HERE, metadata=metadata, token=token(0), tags={})
        found = self.dynamodb.scan(TableName=name, FilterExpression="attribute_exists(id)")["Items"]
        while len(found) < self.dynamodb.describe_table(TableName=name)["Table"]["ItemCount"]:
            start = {"id": found[-1]["id"]}
            found += self.dynamodb.scan(TableName=name, ExclusiveStartKey=start)["Items"]
        texts = {item["id"]["S"]: item["text"]["S"] for item in found}
        assert len(texts) == 5
        assert texts["a"] == texts["z"]
        return str(texts["a"])


class StackCase(Case):
    """A stack whose parameter changes."""

    kind = ("CloudFormation", True)

    def make(self) -> None:
        """Of nothing."""
        template = '{"Parameters": {"Text": {"Type": "String"}}, "Resources": {}}'
        self.stacks = self.clients("cloudformation", *HERE)
        given = [{"ParameterKey": "Text", "ParameterValue": "none"}]
        self.stacks.create_stack(StackName="data", TemplateBody=template, Parameters=given)

    def change(self, text: str) -> None:
        """Another value; CloudFormation refuses the same one."""
        (stack,) = self.stacks.describe_stacks(StackName="data")["Stacks"]
        if stack["Parameters"][0]["ParameterValue"] == text:
            return
        given = [{"ParameterKey": "Text", "ParameterValue": text}]
        self.stacks.update_stack(StackName="data", UsePreviousTemplate=True, Parameters=given)

    def text(self, arn: str) -> str:
        """The parameter."""
        found = self.driver().restore_metadata(arn, *HERE)["StackParameters"]
        return str(found).split('"')[7]
