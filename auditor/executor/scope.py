"""Where a request or a job belongs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class AccountRegion:
    """One account in one Region; `partition` is aws, aws-cn or aws-us-gov."""

    account_id: str
    region: str
    partition: str

    def arn(self, resource: str) -> str:
        """The AWS Backup ARN of `resource`, e.g. "backup-vault:nightly"."""
        return f"arn:{self.partition}:backup:{self.region}:{self.account_id}:{resource}"
