"""What each row of a board asks for, and the fingerprint of it. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from tasks.domain.identity import fingerprint_of, parts_of
from tasks.domain.redaction import pin
from tasks.domain.result import Attempt
from tasks.domain.shot import Shot, Storyboard
from tasks.ledger import UNSETTLED, Ledger
from tasks.planning.snapshot import Snapshot, sources_first

MOST_CHOICES = 256  # of digests that remote pictures have had, together


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The questions of one board. ``only`` and ``rerender`` are the shots that the user named, ``unreachable`` says why
    the job of an attempt cannot be asked after."""

    board: Storyboard
    snapshot: Snapshot
    ledger: Ledger
    only: Collection[str]
    rerender: Collection[str]
    unreachable: Callable[[Attempt], str]

    def of_rows(self) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """By shot_id: the fingerprint where every digest it needs is known, and its parts."""
        fingerprints: dict[str, str] = {}
        parts: dict[str, dict[str, Any]] = {}
        orders = self._orders() if self.snapshot.pins else {}
        for shot in sources_first(self.board.shots):
            row = self._source_row(shot, fingerprints) if shot.source_shot else ""
            chosen = self._parts(shot, row, orders) if self.snapshot.pins else self._read_parts(shot, row)
            parts[shot.shot_id] = chosen
            if _is_known(shot, chosen):
                fingerprints[shot.shot_id] = fingerprint_of(chosen)
        return fingerprints, parts

    def _source_row(self, shot: Shot, fingerprints: Mapping[str, str]) -> str:
        """The fingerprint of the row that it starts from; of one that this run leaves alone, that of its last row."""
        source = shot.source_shot
        if self.only and source not in self.only and source in self.snapshot.rows:
            return str(self.snapshot.rows[source].get("fingerprint") or "")
        return fingerprints.get(source, "")

    def _parts(self, shot: Shot, row: str, orders: Mapping[str, tuple[bool, int]]) -> dict[str, Any]:
        """What the shot asks for. Of several digests of one URL: those of its unsettled job, else of its newest order,
        else those of its last row (0.1 did not count its orders), else the first known; a named shot without such a
        job gets what the URL serves today."""

        def choices(pins: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
            images, sources = self._digests(shot.image, pins), self._digests(shot.source, pins)
            sources = (row,) if shot.source_shot else sources
            names = further(shot)
            if not names:
                return [parts_of(shot, image_digest=i, source=s) for i in images for s in sources]
            others = islice(product(images, sources, *(self._digests(one, pins) for one in names)), MOST_CHOICES)
            return [
                parts_of(shot, image_digest=i, source=s, digests=dict(zip(names, found, strict=True)))
                for i, s, *found in others
            ]

        def order(choice: dict[str, Any]) -> tuple[bool, int, bool]:
            asked = fingerprint_of(choice)
            last = self.snapshot.rows.get(shot.shot_id, {}).get("fingerprint") == asked
            return (*orders.get(asked[:16], (False, -1)), last)

        known = choices(self.snapshot.pins)
        chosen = max(known, key=order) if len(known) > 1 else known[0]
        named = shot.shot_id in self.rerender and orders and not order(chosen)[0]
        return self._read_parts(shot, row) if named else chosen

    def _read_parts(self, shot: Shot, row: str) -> dict[str, Any]:
        """What the shot asks for, by the digests that its files have today: all there is without pins."""
        digests = self.snapshot.digests
        source = row if shot.source_shot else digests.get(shot.source, "")
        return parts_of(shot, image_digest=digests.get(shot.image, ""), source=source, digests=digests)

    def _digests(self, reference: str, pins: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What the reference may hash to: as the ledger remembers a remote one, oldest first, or as it was read."""
        return pins.get(pin(reference), ()) or (self.snapshot.digests.get(reference, ""),)

    def _orders(self) -> dict[str, tuple[bool, int]]:
        """By 16 hex of a fingerprint: whether a job of it can still be collected, and the place of its newest order
        among all of this target."""
        found: dict[str, tuple[bool, int]] = {}
        for attempt in self.ledger.history():
            name, place = attempt.key[:16], int(self.ledger.record(attempt).get("place", 0))
            waits, last = found.get(name, (False, 0))
            waits = waits or (attempt.outcome in UNSETTLED and not self.unreachable(attempt))
            found[name] = waits, max(last, place)
        return found


def further(shot: Shot) -> tuple[str, ...]:
    """The pictures that a shot names beside the one that it starts from, each once."""
    named = (shot.last_image, *(one.image for one in shot.references))
    return tuple(dict.fromkeys(one for one in named if one))


def _is_known(shot: Shot, parts: Mapping[str, Any]) -> bool:
    """Whether every digest that the shot's question is made of is known."""
    if not (shot.image or shot.source or shot.source_shot or shot.last_image or shot.references):
        return True
    start = parts.get("continues", "") if shot.continues else parts["source"]
    files = [(parts["image"], shot.image), (start, shot.source or shot.source_shot)]
    files += [(parts.get("last_image", ""), shot.last_image)]
    return all(digest or not named for digest, named in files) and all(one[1] for one in parts.get("references", ()))
