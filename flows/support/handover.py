"""The session that a command line has checked, handed to the flow that it starts in the same process."""

from contextvars import ContextVar

from tasks.session import Session

#: The session that a command line has checked already and hands to the flow that it starts.
HANDOVER: ContextVar[Session | None] = ContextVar("storyreel_session", default=None)
