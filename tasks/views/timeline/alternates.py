"""The other takes of a shot in an OpenTimelineIO timeline: an editor can switch to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tasks.views.timeline.cut import DEFAULT_RATE, meant, url_of

Row = Mapping[str, Any]


def with_alternates(library: Any, items: Iterable[Any], takes: Sequence[Row]) -> Iterator[Any]:
    """The items of a track, each clip with its shot's other takes as further media references, named ``take 2`` and so
    on.

    ``takes`` are rows of ``takes.parquet``; the take in use stays the active reference.
    """
    others: dict[str, list[Row]] = {}
    for take in takes:
        if not take["in_use"]:
            others.setdefault(str(take["shot_id"]), []).append(take)
    for item in items:
        listed = others.get(str(item.metadata["storyreel"].get("shot_id")), []) if others else []
        if listed and isinstance(item, library.schema.Clip):
            made = {f"take {take['take']}": _reference(library, take) for take in listed}
            item.set_media_references({**item.media_references(), **made}, item.active_media_reference_key)
        yield item


def _reference(library: Any, take: Row) -> Any:
    rate = float(meant(float(take["fps"])) if take["fps"] else DEFAULT_RATE)
    time = library.opentime.RationalTime
    whole = library.opentime.TimeRange(time(0, rate), time(round(float(take["seconds"] or 0) * rate), rate))
    cells = {name: str(take[name]) for name in ("grade", "verdict", "note", "provider", "model", "sha256")}
    return library.schema.ExternalReference(
        url_of(str(take["clip"])), available_range=whole, metadata={"storyreel": cells}
    )
