"""The seam between the engine and the drivers: both import it, and never each other.

driver.py       what a driver of a resource type promises, and what it may offer besides
continuous.py   what a driver promises that can restore to any second
calls.py        calls to AWS whose failures are `DriverError`s, tags, names
permissions.py  what a job's role must be allowed, by resource type
"""
