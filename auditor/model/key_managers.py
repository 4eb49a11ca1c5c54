"""Whose a key of KMS is, and the resource types whose keys are told in a way of their own."""

from typing import Final

#: As KMS calls it (DescribeKey, KeyManager).
CUSTOMER: Final = "CUSTOMER"
AWS: Final = "AWS"
#: The type of a key that AWS owns, of which KMS tells nobody; some services write it in place of its ARN.
OWNED_BY_AWS: Final = "AWS_OWNED_KMS_KEY"
#: Its recovery points hold several snapshots, each with a key of its own.
OF_SEVERAL: Final = "EC2"
#: It says of a cluster under a key that AWS owns that it is not encrypted (aws-backup.md 4.18).
PERHAPS_OWNED: Final = "Aurora"
