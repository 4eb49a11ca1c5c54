"""The backup service: it speaks the AWS Backup API and backs up through each service's own API.

api/         the wire protocol, driven by botocore's service model
operations/  one function for each API operation
catalog/     what must survive a restart
engine/      schedules, jobs, copies and lifecycle in time order
services/    one driver for each resource type
"""
