"""Templates of CloudFormation, in YAML and JSON, and what CDK synthesises."""
