"""Volumes, machines and what runs on them."""

from typing import Final

from auditor.model.resource_types.row import (
    ALL_COPIES,
    COPIES,
    EVERYWHERE,
    CreatingCall,
    ListingCall,
    ResourceType,
)

MACHINES: Final = (
    ResourceType(
        "EBS",
        ("ec2:{region}:{account}:volume/{id}",),
        ("AWS::EC2::Volume",),
        (
            ListingCall(
                "ec2",
                "DescribeVolumes",
                "Volumes",
                ("ec2:DescribeVolumes",),
                {"MaxResults": 500},
                arn="arn:{partition}:ec2:{region}:{account}:volume/{VolumeId}",
                created="CreateTime",
                state="State",
                tags="Tags",
                encrypted="Encrypted",
                key="KmsKeyId",
                attachments="Attachments",
            ),
        ),
        CreatingCall(
            "ec2",
            "CreateVolume",
            {
                "AvailabilityZone": "{region}a",
                "Size": 8,
                "TagSpecifications": [{"ResourceType": "volume", "Tags": "{named_tags}"}],
            },
            encrypted={"Encrypted": True, "KmsKeyId": "{key}"},
            plain={"Encrypted": False},
        ),
        cold=EVERYWHERE,
        copies=ALL_COPIES,
        common_words=("volume", "vol-", "snapshot", "snap-"),
        note=(
            "Cold storage is the archive of EBS, which a rule must opt in to. Images of an instance count "
            "for the volumes that were attached to it when they were made."
        ),
        native=("lifecycle_policy", "snapshot"),
        enforced_as=("ec2:volume",),
        required_as=("ec2:volume",),
    ),
    ResourceType(
        "EC2",
        ("ec2:{region}:{account}:instance/{id}",),
        ("AWS::EC2::Instance",),
        (
            ListingCall(
                "ec2",
                "DescribeInstances",
                "Reservations",
                ("ec2:DescribeInstances",),
                {"MaxResults": 1000},
                code="ec2",
            ),
        ),
        creation="late",
        copies=ALL_COPIES,
        common_words=("instance", "i-", "image", "ami-"),
        native=("lifecycle_policy",),
        enforced_as=("ec2:instance",),
        required_as=("ec2:instance",),
    ),
    ResourceType(
        "VirtualMachine",
        ("backup-gateway:{region}:{account}:vm/{id}",),
        (),
        (
            ListingCall(
                "backup-gateway",
                "ListVirtualMachines",
                "VirtualMachines",
                ("backup-gateway:ListVirtualMachines",),
                {"MaxResults": 100},
                arn="ResourceArn",
                name="Name",
                tag_filters=("backup-gateway",),
            ),
        ),
        creation="untold",
        somewhere=True,
        management="always",
        cold=EVERYWHERE,
        copies=ALL_COPIES,
    ),
    ResourceType(
        "SAP HANA on Amazon EC2",
        ("ssm-sap:{region}:{account}:HANA/{id}",),
        (),
        (
            ListingCall(
                "ssm-sap",
                "ListDatabases",
                "Databases",
                ("ssm-sap:ListDatabases",),
                {"MaxResults": 50},
                code="sap_hana",
            ),
        ),
        creation="untold",
        somewhere=True,
        continuous=True,
        management="always",
        cold=EVERYWHERE,
        copies=COPIES,
    ),
    ResourceType(
        "EKS",
        ("eks:{region}:{account}:cluster/{id}",),
        ("AWS::EKS::Cluster",),
        (
            ListingCall(
                "eks",
                "ListClusters",
                "clusters",
                ("eks:ListClusters", "eks:DescribeCluster"),
                {"maxResults": 100},
                tag_filters=("eks:cluster",),
                code="eks",
            ),
        ),
        creation="asked",
        reusable_arn=True,
        somewhere=True,
        composite=True,
        management="always",
        copies=ALL_COPIES,
        enforced_as=("eks:ALL_SUPPORTED",),
        required_as=("eks:cluster",),
    ),
)
