"""The rough cut: every shot of a board in one mp4, in board order.

Each is as long as the cut has it. Clips of the most common make are copied packet by packet. What differs, and what
cannot be cut where it should end, is encoded anew, fitted into the size of the reel; a shot without a clip is a card
that says why. Parts are opened one by one: once each if all are of one make, else once to look and once to join.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from tasks.animatic.planes import Planes
from tasks.animatic.renderer import even_size
from tasks.domain.errors import MediaError, StoryreelError
from tasks.domain.shot import Size
from tasks.views.reel import avcc
from tasks.views.reel.beside import NOTHING, Beside
from tasks.views.reel.finish import finish
from tasks.views.reel.footage import BROKEN, Look, Make, look, look_and_open, open_clip
from tasks.views.reel.parts import Part, Summary
from tasks.views.reel.samples import Spool
from tasks.views.reel.slate import slate
from tasks.views.reel.splice import Reel, Sound, Unwritable, retime

LOST = (*BROKEN, StoryreelError)  # why a part's file cannot be had
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Plan:
    """``like`` is the number of the first part of the make that is copied; None where all is encoded."""

    size: Size
    rate: Fraction
    sound: Sound
    make: Make | None
    like: int | None
    alone: bool


class _Wish(NamedTuple):
    """The size and the rate that a reel is to have; None where its clips say it."""

    size: Size | None
    rate: Fraction | None


class _Late(Exception):
    """A part was good when it was looked at and is not now."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number, self.reason = number, reason


def join(
    parts: Sequence[Part],
    out: Path,
    *,
    size: Size | None = None,
    rate: Fraction | None = None,
    progress: Progress = lambda done, of: None,
    beside: Beside = NOTHING,
) -> Summary:
    """Write the reel of the parts to ``out``: H.264, sound where a part has some, playable as it loads.

    ``beside`` is what else is heard and shown with them. Sound that is not copied as it is has the loudness of `mix`.

    Size (even sides) and rate (frames a second) are the most common of the clips, unless ``size`` and ``rate`` say
    otherwise. The length is the sum of the parts to the nearest frame. A clip that is broken or cannot be had becomes a
    card.

    Raises ``MediaError`` when no part has a usable clip, naming each, or when the reel cannot be written; then nothing
    is left at ``out``.
    """
    try:
        with closing(Spool(out.with_suffix(".samples"))) as own:
            made = _joined(parts, _Wish(size, rate), out, progress, own, beside)
            return replace(made, unheard=tuple(finish(out, own if made.sound == "encoded" else None, beside)))
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, (*BROKEN, Unwritable)) and not isinstance(error, MediaError):
            raise MediaError(f"the reel cannot be written: {_reason(error)}") from error
        raise


def _joined(parts: Sequence[Part], wish: _Wish, out: Path, progress: Progress, own: Spool, beside: Beside) -> Summary:
    """The pictures in one file, and in ``own`` the sound that could not be copied with them."""
    seen: list[Look | str] = []
    made = None if beside.pieces else _straight(parts, seen, wish, out, progress)
    seen += [_seen(part) for part in parts[len(seen) :]] if made is None else []
    while made is None:
        own.clear()
        try:
            plan = _planned(parts, seen, wish)
            plan = replace(plan, sound="encoded") if beside.pieces else plan
            made = _written(parts, seen, plan, out, progress, own)
        except _Late as late:
            seen[late.number] = late.reason
    return made


def _straight(
    parts: Sequence[Part], seen: list[Look | str], wish: _Wish, out: Path, progress: Progress
) -> Summary | None:
    """The reel copied while looking, if all parts are of one make; if not, ``seen`` has what was seen so far."""
    opens = [(part, part.open) for part in parts if part.open]
    reel: Reel | None = None
    try:
        for number, (part, opener) in enumerate(opens if len(opens) == len(parts) else ()):
            with opener() as path, look_and_open(path, part.seconds) as (found, container, stream):
                seen.append(found)
                if found.make is None or not _alike(found, seen[0], wish):
                    return None
                if reel is None:
                    reel = Reel(out, found.size, found.rate, "copied" if found.sound else "")
                    reel.begin_like(container, stream, found.make, alone=True)
                start = reel.at
                reel.copy(container, stream, _length(part, found))
                if found.sound:
                    reel.copy_sound(path, start)
            progress(number + 1, len(parts))
        return _finished(reel, len(parts), 0, 0, ()) if reel else None
    except LOST as error:
        seen[number:] = [_reason(error)]
        return None
    finally:
        if reel:
            reel.drop()


def _length(part: Part, found: Look) -> Fraction:
    """The seconds of a clip that are shown: where only a part of a picture is missing, the last one stays."""
    return part.seconds if part.seconds < found.seconds + 1 / found.rate else found.seconds


def _alike(found: Look, first: Look | str, wish: _Wish) -> bool:
    """Whether a clip can be copied after the first, picture and sound, into a reel of the size and rate."""
    if not isinstance(first, Look) or wish.size not in (None, found.size) or wish.rate not in (None, found.rate):
        return False
    return found.make == first.make and found.sound == first.sound and (not found.sound or found.sound[0] == "aac")


def _finished(reel: Reel, copied: int, encoded: int, cards: int, skipped: Sequence[tuple[str, str]]) -> Summary:
    reel.close()
    seconds = float(reel.at)
    return Summary(reel.size, float(reel.rate), seconds, copied, encoded, cards, reel.sound, tuple(skipped))


def _seen(part: Part) -> Look | str:
    """What a part's clip is; the reason where it cannot be used, empty where there is none."""
    try:
        if part.open is not None:
            with part.open() as path:
                return look(path, part.seconds)
    except LOST as error:
        return _reason(error)
    return ""


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _planned(parts: Sequence[Part], seen: Sequence[Look | str], wish: _Wish) -> _Plan:
    """The most common size, rate and make, the first among equals. Raises ``MediaError`` when no clip is usable."""
    found = [one for one in seen if isinstance(one, Look)]
    if not found:
        told = [f"{part.shot_id}: {one}" for part, one in zip(parts, seen, strict=True) if one]
        raise MediaError("; ".join(["there is nothing to join: no shot has a usable clip", *told]))
    size = even_size(wish.size or _most([one.size for one in found]))
    rate = wish.rate or _most([one.rate for one in found if one.size == size] or [one.rate for one in found])
    makes = [one.make for one in found if one.make and one.make.size == size and one.make.rate == rate]
    make = _most(makes) if makes else None
    alone = all(isinstance(one, Look) and one.make == make for one in seen)
    if make and not alone and not avcc.parse(make.header):
        make = None
    like = next((n for n, one in enumerate(seen) if isinstance(one, Look) and one.make == make), None)
    return _Plan(size, rate, _sound(seen, make), make, like if make else None, alone)


def _most(values: Sequence[Any]) -> Any:
    return Counter(values).most_common(1)[0][0]


def _sound(seen: Sequence[Look | str], make: Make | None) -> Sound:
    """Packets are copied only where every part has sound, and all of one kind."""
    kinds = {one.sound if isinstance(one, Look) else None for one in seen}
    kind = next(iter(kinds))
    if len(kinds) == 1 and make and kind and kind[0] == "aac":
        return "copied"
    return "encoded" if kinds != {None} else ""


def _written(
    parts: Sequence[Part], seen: Sequence[Look | str], plan: _Plan, out: Path, progress: Progress, own: Spool
) -> Summary:
    reel, due, skipped = Reel(out, plan.size, plan.rate, plan.sound, own), Fraction(0), []
    try:
        _begin(reel, parts, plan)
        for number, (part, found) in enumerate(zip(parts, seen, strict=True)):
            if isinstance(found, Look):
                due, reason = _clip(reel, part, found, plan, due, number)
            else:
                due, reason = _held(reel, part, due, found), found
            skipped += [(part.shot_id, reason)] if reason else []
            progress(number + 1, len(parts))
        clips = [one for one in seen if isinstance(one, Look)]
        copied = sum(one.make == plan.make for one in clips) if plan.make else 0
        return _finished(reel, copied, len(clips) - copied, len(parts) - len(clips), skipped)
    finally:
        reel.drop()


def _begin(reel: Reel, parts: Sequence[Part], plan: _Plan) -> None:
    if plan.like is None or plan.make is None:
        reel.begin()
        return
    like = parts[plan.like]
    with _file(like, plan.like) as path, look_and_open(path, like.seconds) as (_, container, stream):
        reel.begin_like(container, stream, plan.make, plan.alone)


@contextmanager
def _file(part: Part, number: int) -> Iterator[Path]:
    """The part's clip on this machine during the body. Raises ``_Late`` when anything is wrong with it there."""
    try:
        if part.open is not None:
            with part.open() as path:
                yield path
    except LOST as error:
        raise _Late(number, _reason(error)) from error


def _clip(reel: Reel, part: Part, found: Look, plan: _Plan, due: Fraction, number: int) -> tuple[Fraction, str]:
    """Add a clip to a reel that should reach ``due`` before it: where it should be after, and what went wrong."""
    start, failed, length = reel.at, list[str](), _length(part, found)
    due += length
    with _file(part, number) as path:
        if plan.make and found.make == plan.make:
            with open_clip(path) as (container, stream):
                reel.copy(container, stream, length)
        else:
            with closing(_or_card(retime(path, plan.rate, plan.size), part, plan.size, failed)) as pictures:
                reel.encode(pictures, _frames(reel, due))
        if plan.sound == "copied":
            reel.copy_sound(path, start)
        elif plan.sound:
            failed += _heard(reel, path if found.sound else None)
    return due, "; ".join(failed)


def _held(reel: Reel, part: Part, due: Fraction, reason: str) -> Fraction:
    """Add a card to a reel that should reach ``due`` before it: where it should be after."""
    due += part.seconds
    reel.encode(repeat(_because(part, reason, reel.size)), _frames(reel, due))
    if reel.sound:
        reel.encode_sound(None)
    return due


def _frames(reel: Reel, due: Fraction) -> int:
    """So many that the reel is within half of one from where it should be, whatever was rounded before."""
    return max(round((due - reel.at) * reel.rate), 1)


def _or_card(pictures: Iterator[Planes], part: Part, size: Size, failed: list[str]) -> Generator[Planes, None, None]:
    """The pictures, and the part's card from where they break."""
    try:
        yield from pictures
    except BROKEN as error:
        failed.append(_reason(error))
    yield from repeat(_because(part, failed[-1], size))


def _because(part: Part, reason: str, size: Size) -> Planes:
    words = f"clip unusable: {reason}" if reason else part.words
    return slate(part.scene, part.shot_id, words, size)


def _heard(reel: Reel, path: Path | None) -> list[str]:
    try:
        reel.encode_sound(path)
    except BROKEN as error:
        return [f"sound: {_reason(error)}"]
    return []
