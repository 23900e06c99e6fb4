"""A gateway that lists its jobs with the ids that came with their orders."""

from tests.adapters._knowing import AUTH, JOB_ID, accepted, find, found, progress, submit

__all__ = ["AUTH", "JOB_ID", "accepted", "find", "found", "progress", "submit"]
