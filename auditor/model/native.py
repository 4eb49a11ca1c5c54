"""Who made a backup that a service itself lists, in the words of the evidence (aws-backup.md 6.4, 6.8)."""

from typing import Final

AWS_BACKUP: Final = "AWS Backup"
#: EC2, as a part of an image.
IMAGE: Final = "CreateImage"
LIFECYCLE_MANAGER: Final = "Data Lifecycle Manager"
#: The service whose backup it is, by itself.
AUTOMATIC: Final = "automatic"
