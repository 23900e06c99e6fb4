"""The shot list: one row of it, and all of them in order.

row -> Shot -> Frame -> Order -> Request -> Reply -> Job -> Pending... -> Done -> Clip -> ShotResult -> manifest row
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Mode = Literal["text_to_video", "image_to_video", "remix"]
Fit = Literal["cover", "contain", "blur"]
MODES: tuple[Mode, ...] = ("text_to_video", "image_to_video", "remix")
FITS: tuple[Fit, ...] = ("cover", "contain", "blur")


class Size(NamedTuple):
    """Width and height in pixels; as text ``1280x720``."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read ``1280x720``. Raises ``ValueError`` when it is anything else."""
        width, _, height = text.strip().lower().replace("×", "x").partition("x")
        size = cls(int(width), int(height))
        if size.width <= 0 or size.height <= 0:
            raise ValueError(text)
        return size


class CastMember(NamedTuple):
    """Somebody or something that a config describes once for all shots: in words, and by pictures beside the board.

    ``required``: a route that does not take its pictures is passed over.
    """

    name: str
    text: str
    images: tuple[str, ...] = ()
    required: bool = False


class Shown(NamedTuple):
    """A picture of what a shot shows, and the cast member that it is of. One that is ``firm`` (the row names it, or its
    member is required) goes out, or the route is passed over."""

    image: str
    name: str = ""
    text: str = ""
    firm: bool = True


class Heard(NamedTuple):
    """What is to be heard with a shot: ``dialogue`` by language (empty for the board's own) as the cells have it, and
    the files of its voice, music and sound effects. ``music`` is `SILENCE` where the music before it ends."""

    dialogue: Mapping[str, str] = MappingProxyType({})
    voice: str = ""
    music: str = ""
    sfx: str = ""

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Column and file of each sound that it names."""
        named = (("voice", self.voice), ("music", self.music), ("sfx", self.sfx))
        return tuple((column, file) for column, file in named if file and file != SILENCE)


SILENCE = "-"
UNHEARD = Heard()
_SPOKEN = re.compile(r"dialogue_([a-z]{2,3}(?:-[A-Z]{2}|-[A-Z][a-z]{3})?)")


def is_spoken(name: str) -> bool:
    """Whether a column's name is that of dialogue in a further language: ``dialogue_de``, ``dialogue_pt-BR``."""
    return _SPOKEN.fullmatch(name) is not None


class Shot(NamedTuple):
    """One row of a storyboard, after aliases, defaults and ``[vars]``; what it uses and nothing else.

    It is a tuple because a board has many of them and a frozen dataclass takes four times as long to make.

    ``row`` is the line in the file (the header is line 1). ``image`` and ``source`` are resolved against
    the board's folder; ``source_shot`` is the shot_id of another row: a remix starts from its clip (and then ``source``
    is empty), any other continues from its last picture (and then ``image`` is).
    """

    shot_id: str
    row: int
    scene: str
    prompt: str
    mode: Mode
    seconds: Decimal
    size: Size
    fit: Fit
    negative_prompt: str = ""
    image: str = ""
    source: str = ""
    source_shot: str = ""
    seed: int | None = None
    audio: bool | None = None
    route: str = ""
    takes: int | None = None  # clips that it asks for; None leaves it to the run
    extras: Mapping[str, str] = MappingProxyType({})
    warnings: tuple[str, ...] = ()
    last_image: str = ""
    references: tuple[Shown, ...] = ()
    heard: Heard = UNHEARD  # no part of what is ordered

    @property
    def continues(self) -> str:
        """The shot_id of the row whose last picture it starts from; empty for none."""
        return self.source_shot if self.mode == "image_to_video" else ""


_SHOWN = 20  # headers that a line names


class Unread(NamedTuple):
    """A header that nothing reads, and the canonical column that it looks like, or nothing."""

    header: str
    like: str


class Held(NamedTuple):
    """A header that stays a further column at a target where it was one, and the column it would be read as."""

    header: str
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a board: which headers nothing reads, and which columns were read as what.

    ``held`` are headers that an earlier run of the target carried and that would be read today; ``meant`` are the
    shots as they would be then.
    """

    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    meant: tuple[Any, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in sentences: one for all unread headers, and the notes."""
        if not self.unread:
            return self.notes
        shown = [f"{header!r}{f' (like {like})' if like else ''}" for header, like in self.unread[:_SHOWN]]
        more = f" and {len(self.unread) - _SHOWN} more" if len(self.unread) > _SHOWN else ""
        return (*self.notes, f"nothing reads {', '.join(shown)}{more}: carried to the manifest as further columns")


@dataclass(frozen=True, slots=True)
class Before:
    """What the last manifest of a target says of its board: its further columns, and the seconds asked by shot_id."""

    extras: frozenset[str] = frozenset()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The shots in board order, the names of the columns that are carried through, and what is told of its headers.

    ``unnamed`` are the ids that rows got by their place. ``pictures`` are those that the board itself holds, by the
    reference under which shots name them.
    """

    shots: tuple[Shot, ...]
    extra_columns: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    unnamed: frozenset[str] = frozenset()
