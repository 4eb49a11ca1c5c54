"""The backup service: it speaks the AWS Backup API and backs up through each service's own API.

api/         the wire protocol, driven by botocore's service model
operations/  one function for each API operation
engine/      schedules, jobs, copies and lifecycle in time order
drivers/     how each resource type is listed, backed up, copied and restored
store/       where fully managed recovery points are kept, and which of two attempts counts
database/    what must survive a restart
serving/     the server and the worker that runs the engine in real time
simulation/  what plans will do, without AWS
"""
