"""Where fully managed recovery points are kept: objects in S3 that several executors write at once.

The protocol stands in docs/executor-store.md: who wins, what is swept, what a crash leaves.

objects.py        the bucket of an account and Region; versions by conditional requests
attempts.py       which attempt at a recovery point counts
documents.py      recovery points that share nothing: stacks, tables
layout.py         where recovery points lie that share content: buckets, file systems
stored_points.py  how those are begun, made and deleted
sweep.py          how content goes that nothing names
file_points.py    the chunks and the files of file systems
buckets.py        objects of a bucket that is backed up, and copies of objects
"""
