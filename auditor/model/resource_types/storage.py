"""Buckets, file systems, and whole stacks."""

from typing import Final

from auditor.model.resource_types.row import (
    ALL_COPIES,
    EVERYWHERE,
    CreatingCall,
    ListingCall,
    PossibleCopies,
    ResourceType,
)

#: What the sandbox makes a stack of: nothing in it is backed up.
_TEMPLATE: Final = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"

STORAGE: Final = (
    ResourceType(
        "S3",
        ("s3:::{id}",),
        ("AWS::S3::Bucket",),
        (
            ListingCall(
                "s3",
                "ListBuckets",
                "Buckets",
                ("s3:ListAllMyBuckets",),
                {"BucketRegion": "{region}", "MaxBuckets": 1000},
                arn="arn:{partition}:s3:::{Name}",
                name="Name",
                created="CreationDate",
                tag_filters=("s3",),
            ),
        ),
        creation="moves",
        reusable_arn=True,
        continuous=True,
        lag_minutes=15,
        management="always",
        copies=ALL_COPIES,
        native=("versioning", "object_lock", "replication"),
        enforced_as=("s3:bucket",),
        required_as=("s3:bucket",),
    ),
    ResourceType(
        "EFS",
        ("elasticfilesystem:{region}:{account}:file-system/{id}",),
        ("AWS::EFS::FileSystem",),
        (
            ListingCall(
                "efs",
                "DescribeFileSystems",
                "FileSystems",
                ("elasticfilesystem:DescribeFileSystems",),
                {"MaxItems": 100},
                arn="FileSystemArn",
                created="CreationTime",
                state="LifeCycleState",
                tags="Tags",
                tag_filters=("elasticfilesystem:file-system",),
                encrypted="Encrypted",
                key="KmsKeyId",
            ),
        ),
        CreatingCall(
            "efs",
            "CreateFileSystem",
            {"CreationToken": "{name}", "Tags": "{named_tags}"},
            encrypted={"Encrypted": True, "KmsKeyId": "{key}"},
            plain={"Encrypted": False},
        ),
        management="always",
        cold=EVERYWHERE,
        copies=ALL_COPIES,
        common_words=("file-system", "fs-"),
        enforced_as=("elasticfilesystem:ALL_SUPPORTED",),
        required_as=("elasticfilesystem:file-system",),
    ),
    ResourceType(
        "FSx",
        ("fsx:{region}:{account}:file-system/{id}", "fsx:{region}:{account}:volume/{file_system}/{id}"),
        ("AWS::FSx::FileSystem", "AWS::FSx::Volume"),
        (
            ListingCall(
                "fsx",
                "DescribeFileSystems",
                "FileSystems",
                (
                    "fsx:DescribeDataRepositoryAssociations",
                    "fsx:DescribeFileSystems",
                    "fsx:DescribeVolumes",
                ),
                {"MaxResults": 100},
                tag_filters=("fsx:file-system", "fsx:volume"),
                code="fsx",
            ),
        ),
        somewhere=True,
        left_out=":volume/",
        native=("automated_backups", "snapshot"),
        copies=ALL_COPIES,
        common_words=("file-system", "fs-", "volume", "fsvol-", "backup-"),
        note=(
            "ONTAP is backed up by its volumes, the others by their file systems; it is copied since August "
            "2026. Air-gapped vaults take no OpenZFS. Lustre for scratch, or linked to a data repository, "
            "cannot be backed up and is left out; one that was backed up before it was linked counts as "
            "gone. Volumes that mirror others are left out: a volume that is not listed does not."
        ),
        enforced_as=("fsx:file-system",),
        required_as=("fsx:file-system",),
    ),
    ResourceType(
        "Storage Gateway",
        ("storagegateway:{region}:{account}:gateway/{gateway}/volume/{id}",),
        (),
        (
            ListingCall(
                "storagegateway",
                "ListVolumes",
                "VolumeInfos",
                ("storagegateway:ListVolumes",),
                {"Limit": 100},
                arn="VolumeARN",
                name="VolumeId",
                tag_filters=("storagegateway",),
            ),
        ),
        creation="untold",
        somewhere=True,
        copies=ALL_COPIES,
    ),
    ResourceType(
        "CloudFormation",
        ("cloudformation:{region}:{account}:stack/{name}/{id}",),
        ("AWS::CloudFormation::Stack",),
        (
            ListingCall(
                "cloudformation",
                "DescribeStacks",
                "Stacks",
                ("cloudformation:DescribeStacks",),
                arn="StackId",
                name="StackName",
                created="CreationTime",
                state="StackStatus",
                gone=frozenset({"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}),
                part_of="ParentId",
                tags="Tags",
                tag_filters=("cloudformation:stack",),
            ),
        ),
        CreatingCall(
            "cloudformation",
            "CreateStack",
            {"StackName": "{name}", "TemplateBody": _TEMPLATE, "Tags": "{tags}"},
        ),
        somewhere=True,
        left_out=":stack/",
        composite=True,
        opted_in=False,
        management="always",
        cold=EVERYWHERE,
        copies=PossibleCopies(regions=EVERYWHERE),
        note=(
            "A stack is backed up whole: its template, and the resources in it and in stacks nested in it. "
            "Nested stacks are backed up with their root and left out: a stack that is not listed does not "
            "count as gone. A backup in which something is missing is PARTIAL and does not count. Where "
            "stacks are opted in, a selection by tags takes in stacks too, and what is in them once more: "
            "`auditor push` opts in to them only where `organization.resource_types` names them."
        ),
    ),
)
