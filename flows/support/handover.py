"""Hands a session from the command line to the flow that it starts in the same process."""

from contextvars import ContextVar

from tasks.session import Session

#: The session that the command line has checked already; None in a worker.
HANDOVER: ContextVar[Session | None] = ContextVar("storyreel_session", default=None)
