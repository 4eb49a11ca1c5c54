"""CloudFormation stacks: their templates in the store, and the resources that they are made of.

Source of the rules: AWS Backup Developer Guide, "CloudFormation stack backups" and "Restore CloudFormation
stacks".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from botocore.exceptions import BotoCoreError, WaiterError

from auditor.executor.drivers.stored import StoredDriver
from auditor.executor.seam.calls import (
    call,
    driver_error,
    error_code,
    found_once,
    pages,
    tag_list,
    tag_map,
    test_name,
)
from auditor.executor.seam.driver import Clients, DriverError, Member, NativeBackup, Place
from auditor.executor.store.attempts import Claim
from auditor.executor.store.documents import Documents, folder
from auditor.executor.store.objects import (
    Store,
    bucket_name,
    recovery_point_arn,
    stored_backup,
    token_of_point,
)
from auditor.model.organization import Resource

#: What CloudFormation calls the resources that AWS Backup backs up, and AWS Backup's words for them. All else
#: in a stack is made anew by its template.
_TYPES: Final[Mapping[str, str]] = {
    "AWS::DSQL::Cluster": "DSQL",
    "AWS::DocDB::DBCluster": "DocumentDB",
    "AWS::DynamoDB::GlobalTable": "DynamoDB",
    "AWS::DynamoDB::Table": "DynamoDB",
    "AWS::EC2::Instance": "EC2",
    "AWS::EC2::Volume": "EBS",
    "AWS::EFS::FileSystem": "EFS",
    "AWS::EKS::Cluster": "EKS",
    "AWS::FSx::FileSystem": "FSx",
    "AWS::FSx::Volume": "FSx",
    "AWS::Neptune::DBCluster": "Neptune",
    "AWS::RDS::DBCluster": "Aurora",
    "AWS::RDS::DBInstance": "RDS",
    "AWS::Redshift::Cluster": "Redshift",
    "AWS::RedshiftServerless::Namespace": "Redshift Serverless",
    "AWS::S3::Bucket": "S3",
    "AWS::Timestream::Database": "Timestream",
}
_STACK: Final = "AWS::CloudFormation::Stack"
#: States of resources that are not, or no longer, the stack's.
_ABSENT: Final = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})
#: CreateChangeSet's own limit; a longer template is read from S3.
_MAX_BODY: Final = 51_200


class CloudFormationDriver(StoredDriver):
    """Backs up the template of a stack with the values of its parameters, but those that are secret."""

    resource_type = "CloudFormation"
    can_copy_tags = True
    required_metadata = ("ChangeSetName", "StackName")

    def __init__(self, clients: Clients, store: Store) -> None:
        self._documents = Documents(store)
        super().__init__(clients, store, self._documents)

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every stack, nested ones too; not those that are only under review."""
        stacks = pages(self._client((account_id, region)), "describe_stacks", "Stacks")
        return [
            Resource(
                stack["StackId"],
                account_id,
                region,
                self.resource_type,
                stack["StackName"],
                stack["CreationTime"],
                tag_map(stack.get("Tags")),
            )
            for stack in stacks
            if stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        ]

    def members(self, resource: Resource) -> list[Member]:
        """What of a stack and of those nested in it AWS Backup backs up, the nested stacks before theirs.

        Raises:
            DriverError: transient while the stack changes: only a state with COMPLETE in it can be backed up.
        """
        place = (resource.account_id, resource.region)
        state = self._stack(place, resource.arn)["StackStatus"]
        if "COMPLETE" not in state or state == "DELETE_COMPLETE":
            message = f"Stack {resource.name} cannot be backed up: its status is {state}."
            raise DriverError(message, "INVALID_STATE", transient=state.endswith("_IN_PROGRESS"))
        return list(self._below(place, resource.arn))

    def _below(self, place: Place, stack: str) -> Iterator[Member]:
        client = self._client(place)
        for item in pages(client, "list_stack_resources", "StackResourceSummaries", StackName=stack):
            kind, name = item["ResourceType"], item["LogicalResourceId"]
            physical = item.get("PhysicalResourceId")
            if not physical or item["ResourceStatus"] in _ABSENT:
                continue
            if kind == _STACK:
                nested = self._stack(place, physical)["StackId"]
                yield Member(name, kind, self.resource_type, nested)
                yield from self._below(place, nested)
            elif kind in _TYPES and not self._belongs_to_cluster(place, kind, physical):
                yield Member(name, kind, _TYPES[kind], physical)

    def _belongs_to_cluster(self, place: Place, kind: str, name: str) -> bool:
        """Whether a database instance is backed up with its cluster."""
        if kind != "AWS::RDS::DBInstance":
            return False
        client = self._clients("rds", *place)
        gone, member = {"DBInstanceNotFound"}, "DBInstances"
        found = found_once(client, "describe_db_instances", member, gone, DBInstanceIdentifier=name)
        return any("DBClusterIdentifier" in instance for instance in found)

    def _take_in(self, place: Place, resource: Resource, key: str | None, token: str, /) -> NativeBackup:
        """Store the template as it was written, and what a new stack needs besides, in one object."""
        client = self._client(place)
        stack = self._stack(place, resource.arn)
        answer = call(client, "get_template", StackName=resource.arn, TemplateStage="Original")
        body = answer["TemplateBody"]
        template = body if isinstance(body, str) else orjson.dumps(body).decode()
        summary = call(client, "get_template_summary", StackName=resource.arn)
        secret = {item["ParameterKey"] for item in summary["Parameters"] if item.get("NoEcho")}
        document = {
            "stack_name": stack["StackName"],
            "template": template,
            "parameters": {
                item["ParameterKey"]: item["ParameterValue"]
                for item in stack.get("Parameters", ())
                if item["ParameterKey"] not in secret
            },
            "capabilities": stack.get("Capabilities", []),
        }
        return self._publish(place, token, document, len(template.encode()), key)

    def _publish(
        self, place: Place, token: str, document: Mapping[str, Any], size: int, key: str | None
    ) -> NativeBackup:
        name = token.lower()
        backup = stored_backup(recovery_point_arn(self._client(place), place, name), size, key)
        with self._documents.attempting(place, name, key) as claim:
            return self._documents.publish(place, claim, backup, document)

    def _copy(
        self, backup: NativeBackup, source: Place, destination: Place, key: str | None, token: str, /
    ) -> NativeBackup:
        """Store the same in the other place."""
        document = self._documents.get(source, token_of_point(backup.arn)).about
        return self._publish(destination, token, document, backup.size_bytes, key)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The stack's name and the values of its parameters."""
        document = self._documents.get((account_id, region), token_of_point(arn)).about
        parameters = orjson.dumps(_parameter_list(document["parameters"])).decode()
        return {"StackName": document["stack_name"], "StackParameters": parameters}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """Create a new stack that is under review, with a change set that makes its resources.

        StackParameters, a JSON list as CreateChangeSet takes it, says other values than those stored, and
        those of secret parameters, which are not.
        """
        client, claim = self._client(place), self._documents.get(place, token_of_point(arn))
        document = claim.about
        named = {"StackName": metadata["StackName"], "ChangeSetName": metadata["ChangeSetName"]}
        mark = f"(AWS Backup restore job {token})"
        description = f"{metadata.get('ChangeSetDescription', '')} {mark}".lstrip()
        parameters = _parameter_list(document["parameters"] | _given(metadata))
        made = _find(client, "describe_change_set", **named)
        if made is None and _find(client, "describe_stacks", StackName=named["StackName"]) is None:
            made = call(
                client,
                "create_change_set",
                **named,
                **self._template(place, claim),
                ChangeSetType="CREATE",
                Description=description,
                Parameters=parameters,
                Capabilities=document["capabilities"],
                Tags=tag_list(tags),
            )
        elif made is None or not made.get("Description", "").endswith(mark):
            raise DriverError(f"Stack {named['StackName']} exists already.", "INVALID_STATE")
        _await(client, named)
        return str(made["StackId"])

    def _template(self, place: Place, claim: Claim) -> dict[str, str]:
        """The template in the request, or where it is read when it is too long for that."""
        body = claim.about["template"].encode()
        if len(body) <= _MAX_BODY:
            return {"TemplateBody": claim.about["template"]}
        key = f"{folder(claim)}/template"
        self._store.put(place, key, body, kms_key=claim.kms_key)
        endpoint = self._clients("s3", *place).meta.endpoint_url
        return {"TemplateURL": f"{endpoint}/{bucket_name(*place)}/{key}"}

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name for the stack."""
        del arn, place
        return {"StackName": test_name(token), "ChangeSetName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteStack, which succeeds for one that is gone."""
        call(self._client((account_id, region)), "delete_stack", StackName=arn)

    def _client(self, place: Place) -> Any:
        return self._clients("cloudformation", *place)

    def _stack(self, place: Place, name: str) -> dict[str, Any]:
        stack: dict[str, Any] = call(self._client(place), "describe_stacks", StackName=name)["Stacks"][0]
        return stack


def _parameter_list(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def _given(metadata: Mapping[str, str]) -> dict[str, str]:
    """The parameters of StackParameters by key; raises `DriverError`."""
    try:
        found = orjson.loads(metadata.get("StackParameters", "[]"))
        return {item["ParameterKey"]: item["ParameterValue"] for item in found}
    except (orjson.JSONDecodeError, TypeError, KeyError):
        message = "StackParameters must be a JSON list of objects with ParameterKey and ParameterValue."
        raise DriverError(message, "INVALID_STATE") from None


def _find(client: Any, operation: str, **named: str) -> dict[str, Any] | None:
    """The answer of a description, None where there is no such thing; raises `DriverError`."""
    try:
        return call(client, operation, **named)
    except DriverError as error:
        if error_code(error.__cause__) in {"ChangeSetNotFound", "ValidationError"}:
            return None
        raise


def _await(client: Any, named: Mapping[str, str]) -> None:
    """Wait for the change set; raises `DriverError` with CloudFormation's reason when it cannot be made."""
    try:
        client.get_waiter("change_set_create_complete").wait(**named)
    except WaiterError as error:
        reason = call(client, "describe_change_set", **named).get("StatusReason", str(error))
        raise DriverError(f"The change set was not created: {reason}", "INVALID_STATE") from error
    except BotoCoreError as error:
        raise driver_error(error, repeatable=True) from error
