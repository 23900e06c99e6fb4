"""What may go wrong with a request, and how much a download may take: the words of who asks. Nothing is loaded here."""

from typing import NamedTuple

from tasks.domain.errors import StoryreelError
from tasks.transport.hosts import bare


class NotSent(StoryreelError):
    """The connection was not made: the request cannot have arrived."""


class Lost(StoryreelError):
    """The request may have arrived and its reply is lost, late, or larger than any honest one."""


class TooLarge(Lost):
    """The reply is whole and larger than what is kept of one."""


class HttpStatus(StoryreelError):
    """A fetch was answered with a status that holds no file."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"{bare(url)} answered {status}")
        self.status = status


class DownloadLimits(NamedTuple):
    """How large a download may be, in bytes; how long it may be silent, and how long it may take, in seconds."""

    max_bytes: int
    stall: float
    total: float
