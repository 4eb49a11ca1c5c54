"""Files for others: reports put into a bucket of the account's own."""

from auditor.executor.seam.calls import call
from auditor.executor.seam.driver import Clients, Place


class Delivery:
    """Puts files into buckets as AWS Backup's reports role does (aws-backup.md 2.4)."""

    _clients: Clients

    def deliver(self, body: bytes, *, place: Place, bucket: str, key: str) -> None:
        """Put a file into a bucket of the account, for its owner; raises `DriverError`.

        It has a checksum, which S3 demands where Object Lock gives a retention (aws-backup.md 2.4).
        """
        call(
            self._clients("s3", *place),
            "put_object",
            Bucket=bucket,
            Key=key,
            Body=body,
            ChecksumAlgorithm="CRC32",
            ACL="bucket-owner-full-control",
            ExpectedBucketOwner=place[0],
        )
