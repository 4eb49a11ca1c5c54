"""The AWS Backup wire protocol, driven by botocore's service model."""
