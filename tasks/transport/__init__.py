"""HTTP with deadlines, and the guard against private addresses."""

from tasks.transport.client import Forbidden, Http, HttpStatus, Lost, NotSent, TooLarge, bare, host_of, is_named

__all__ = ["Forbidden", "Http", "HttpStatus", "Lost", "NotSent", "TooLarge", "bare", "host_of", "is_named"]
