"""HTTP with deadlines, and the guard against private addresses."""

from tasks.transport.client import DownloadLimits, Forbidden, Http, HttpStatus, Lost, NotSent, bare, host_of, is_named

__all__ = ["DownloadLimits", "Forbidden", "Http", "HttpStatus", "Lost", "NotSent", "bare", "host_of", "is_named"]
