"""The one door to AWS: partitions and Regions, sessions and assumed roles, retries, reading page by page."""

from os import environ

# Arrow's own allocator keeps memory back for each thread: 50 MB for ten threads that read pages of 1 MB.
# Arrow reads the variable when it is first imported; who sets it decides.
environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
