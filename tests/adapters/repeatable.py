"""A gateway that replays the receipt of a repeated id."""

from tests.adapters._knowing import AUTH, JOB_ID, MEMORY, accepted, progress, submit

__all__ = ["AUTH", "JOB_ID", "REPEATABLE", "accepted", "progress", "submit"]
REPEATABLE = MEMORY
