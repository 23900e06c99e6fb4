"""A gateway that replays a repeated id, and lists its jobs."""

from tests.adapters._knowing import AUTH, JOB_ID, MEMORY, accepted, find, found, progress, submit

__all__ = ["AUTH", "JOB_ID", "REPEATABLE", "accepted", "find", "found", "progress", "submit"]
REPEATABLE = MEMORY
