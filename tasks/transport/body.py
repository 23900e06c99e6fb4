"""A reply's body as it streams in. Pure.

A gateway may repeat an order with its picture before the receipt. So of a body that is too large the longest strings
are emptied, and it is still JSON.
"""

import re

LONGEST = 20_000  # bytes of a string that is kept: an id has tens, a signed address a few thousand
_ENDS = re.compile(rb'["\\]')


class Body:
    """Collects a body of at most ``most`` bytes in ``kept``: as received up to ``whole`` bytes, beyond that with its
    long strings emptied."""

    def __init__(self, whole: int, most: int) -> None:
        self.whole, self.most = whole, most
        self.kept, self.size = bytearray(), 0
        self.strings: Strings | None = None

    def add(self, piece: bytes) -> str:
        """Add a piece. Gives the reason why the body is now too large, in words; empty while it is not."""
        self.size += len(piece)
        if self.size > self.most:
            return f"the reply is larger than {self.most} bytes"
        if self.strings is None and len(self.kept) + len(piece) > self.whole:
            piece, self.kept = bytes(self.kept) + piece, bytearray()
            self.strings = Strings(self.kept)
        if self.strings is None:
            self.kept += piece
        else:
            self.strings.feed(piece)
        return f"the reply is larger than {self.whole} bytes" if self.strings and len(self.kept) > self.whole else ""


class Strings:
    """Copies JSON to ``kept`` piece by piece, and empties the strings that are too long."""

    def __init__(self, kept: bytearray) -> None:
        self.kept = kept
        self.inside = self.escaped = self.dropped = False
        self.start = 0

    def feed(self, piece: bytes) -> None:
        """Copy the next piece, which may begin or end within a string."""
        at = 0
        while at < len(piece):
            at = self._within(piece, at) if self.inside else self._between(piece, at)

    def _between(self, piece: bytes, at: int) -> int:
        quote = piece.find(b'"', at)
        end = len(piece) if quote < 0 else quote + 1
        self.kept += piece[at:end]
        if quote >= 0:
            self.inside, self.escaped, self.dropped, self.start = True, False, False, len(self.kept)
        return end

    def _within(self, piece: bytes, at: int) -> int:
        if self.escaped:
            self.escaped = False
            return self._keep(piece, at, at + 1)
        found = _ENDS.search(piece, at)
        if found is None:
            return self._keep(piece, at, len(piece))
        self._keep(piece, at, found.start())
        if found[0] == b"\\":
            self.escaped = True
            return self._keep(piece, found.start(), found.end())
        self.inside = False
        self.kept += b'"'
        return found.end()

    def _keep(self, piece: bytes, at: int, end: int) -> int:
        if not self.dropped and len(self.kept) - self.start + end - at > LONGEST:
            self.dropped = True
            del self.kept[self.start :]
        if not self.dropped:
            self.kept += piece[at:end]
        return end
