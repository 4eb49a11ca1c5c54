"""The bare loop that an audit of one account is measured against: stock boto3, the same pages, nothing kept.

Usage: python scripts/bench_floor.py REGION; prints the number of calls and of items.
"""

import sys

import boto3

PAGES = [
    ("backup", "list_backup_jobs", "BackupJobs", {"MaxResults": 1000}),
    ("backup", "list_copy_jobs", "CopyJobs", {"MaxResults": 1000}),
    ("backup", "list_protected_resources", "Results", {"MaxResults": 1000}),
    ("ec2", "describe_volumes", "Volumes", {"MaxResults": 500}),
    ("ec2", "describe_instances", "Reservations", {"MaxResults": 1000}),
    ("rds", "describe_db_instances", "DBInstances", {"MaxRecords": 100}),
    ("rds", "describe_db_clusters", "DBClusters", {"MaxRecords": 100}),
    ("dynamodb", "list_tables", "TableNames", {}),
    ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", {"ResourcesPerPage": 100}),
]

calls = items = 0
session = boto3.Session(region_name=sys.argv[1])
clients = {service: session.client(service) for service, *_ in PAGES}
for service, operation, key, parameters in PAGES:
    for page in clients[service].get_paginator(operation).paginate(**parameters):
        calls += 1
        items += len(page[key])
backup = clients["backup"]
vaults = backup.list_backup_vaults()["BackupVaultList"]
calls += 1
for vault in vaults:
    pages = backup.get_paginator("list_recovery_points_by_backup_vault")
    for page in pages.paginate(BackupVaultName=vault["BackupVaultName"], MaxResults=1000):
        calls += 1
        items += len(page["RecoveryPoints"])
print(calls, items)
