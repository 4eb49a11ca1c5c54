"""The backup service: it speaks the AWS Backup API and backs up through each service's own API.

Each room may look at those below it, never at those above.

serving/     the server and the worker that runs the engine in real time
simulation/  what plans will do, without AWS
app.py       the API as a WSGI application
operations/  one function for each API operation
api/         the wire protocol, driven by botocore's service model
engine/      schedules, jobs, copies and lifecycle in time order
service.py   database, clock and drivers in one value
drivers/     how each resource type is listed, backed up, copied and restored
store/       where fully managed recovery points are kept, and which of two attempts counts
seam/        what the engine and the drivers both look at: the drivers' promises, calls, permissions
database/    what must survive a restart
"""
