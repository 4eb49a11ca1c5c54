"""The one door to AWS: partitions and Regions, sessions and assumed roles, retries, reading page by page."""
