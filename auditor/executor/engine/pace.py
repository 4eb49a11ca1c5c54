"""How long jobs wait and run: some minutes, as with AWS, and the same in every run.

AWS Backup starts a job some minutes into its start window and takes as long as the data needs. The executor's
native calls answer at once, so both times are drawn from the job's id.
"""

from zlib import crc32

from auditor.executor.times import MINUTE_MS

_SECOND_MS = 1000


def wait_ms(job_id: str) -> int:
    """From a job's creation to its start: 1 to 10 minutes."""
    return MINUTE_MS + crc32(job_id.encode()) % (9 * 60) * _SECOND_MS


def duration_ms(job_id: str) -> int:
    """From a job's start to its completion: 2 to 20 minutes."""
    return 2 * MINUTE_MS + crc32(job_id[::-1].encode()) % (18 * 60) * _SECOND_MS
