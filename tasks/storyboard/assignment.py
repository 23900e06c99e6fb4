"""Which column of a shot list is read as what, by its headers and by what its cells can be. Pure.

The canonical name wins, then the aliases of 0.1 in their order, then the words of ``words.toml``; `[columns]` beats
all of them. A column that was taken by a word and whose cells cannot be of its kind is left to be carried.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from tasks.domain.errors import Fault
from tasks.domain.shot import UNHEARD, Before, Held, Shot, Storyboard, Told, Unread
from tasks.storyboard import cell_kinds as kinds
from tasks.storyboard import meaning
from tasks.storyboard.cells import default_id
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.headers import ADDED, ALIASES, FRAMES, PAIRS, find, no_prompt, normal, overridden
from tasks.storyboard.meaning import Unit, pair_of, understand
from tasks.storyboard.spelling import split_language

OURS = "storyreel "  # how the headers begin that are written back into a board
AGAIN = '[columns] shot_id = "{Scene}-{Shot}" with the headers of both makes ids'
HEADLESS = "the file seems to have no line of headers; write one above the shots, such as shot_id,prompt,duration"
SAID = (
    "prompt",
    "image",
    "duration",
    "first",
    "last_image",
    "continues",
    "references",
    *("dialogue", "voice", "music", "sfx"),
)  # what is told where its header is not the canonical one
_SHOWN = 5  # shots that the sentence on carried columns names
_PROMPTS = ("motion_prompt", "", "written_prompt", "prompt", "image_prompt")  # in their order; "" are the old aliases


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each canonical column stands, the unit of its bare numbers, and what there is to say of the headers.

    A length is at ``duration``, or between ``first`` and ``last``. ``extras`` are the places of the columns that
    are carried.
    """

    places: dict[str, int]
    units: dict[str, Unit]
    extras: tuple[int, ...] = ()
    told: Told = field(default_factory=Told)
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Search:
    """One search for the columns of a table. ``kept`` headers are not taken by a word that 0.1 did not know."""

    table: Table
    names: Mapping[str, Collection[str]]
    before: Before
    kept: frozenset[str]
    places: dict[str, int]
    free: dict[int, str]
    refused: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)

    def place_all(self) -> None:
        self._place_languages()
        for name in ALIASES:
            if name not in self.places and name != "duration":
                self._take(name, self._prompts() if name == "prompt" else self._named(name))
        if "duration" not in self.places and not self._take("duration", self._lengths()):
            self._pair()

    def _place_languages(self) -> None:
        """Dialogue in further languages: a header for dialogue that ends with the name of one."""
        for at, text in list(self.free.items()):
            rest, language = split_language(text)
            name = f"dialogue_{language}"
            if language and text not in self.kept and understand(rest).name == "dialogue" and name not in self.places:
                self.places[name] = at
                del self.free[at]

    def _take(self, name: str, candidates: Iterator[int]) -> bool:
        """The first candidate whose cells can be of the kind; one that spells the canonical name is believed, but for
        the names that other lists give to other things."""
        for at in candidates:
            if self._is_canonical(name, at) or self._fits(name, at):
                self.places[name] = at
                del self.free[at]
                return True
            self.refused.setdefault(at, name)
        return False

    def _is_canonical(self, name: str, at: int) -> bool:
        spelled = self.table.headers[at] == name
        return spelled and not kinds.is_foreign(name, self.table.columns[at], self._words(name))

    def _fits(self, name: str, at: int) -> bool:
        header, cells = self.table.headers[at], self.table.columns[at]
        read = self.before.seconds and header not in self.before.extras  # by an earlier run of this target, maybe
        if read and (name == "shot_id" or (name == "image" and any("/" in cell for cell in cells))):
            return True
        if name == "shot_id" and self._begins_again(at):
            self.reasons[at] = f"its numbers begin again in every scene ({AGAIN})"
            return False
        return kinds.could_be(name, cells, self._words(name))

    def _words(self, name: str) -> Collection[str]:
        """The words that cells of a column may be, where that is not told by what they look like."""
        if name != "continues":
            return self.names.get(name, ())
        at, rows = self.places.get("shot_id", -1), len(self.table.lines)
        given = self.table.columns[at] if at >= 0 else [""] * rows
        return {text.strip() or default_id(place) for place, text in enumerate(given, 1)}

    def _begins_again(self, at: int) -> bool:
        """Whether a column numbers the shots of each scene anew, and so names none of them by itself."""
        scene = next((place for place in self._named("scene") if place != at), None)
        scene = self.places.get("scene", scene)
        return scene is not None and kinds.begins_again(self.table.columns[at], self.table.columns[scene])

    def _named(self, name: str) -> Iterator[int]:
        if name not in ADDED:
            yield from self._spelled(name, *ALIASES[name])
        yield from self._meant(name)

    def _prompts(self) -> Iterator[int]:
        yield from self._spelled("prompt")
        for name in _PROMPTS:
            yield from self._meant(name) if name else self._spelled(*ALIASES["prompt"])

    def _lengths(self) -> Iterator[int]:
        """A length as such before one in frames; both before those of a pair of places, where the old rule has one."""
        yield from self._spelled("duration", *ALIASES["duration"])
        meant = list(self._meant("duration"))
        yield from (at for at in meant if understand(self.free[at]).unit != "frames")
        yield from self._spelled(*FRAMES)
        if not self._old_pair():
            yield from (at for at in meant if understand(self.free[at]).unit == "frames")

    def _spelled(self, *names: str) -> Iterator[int]:
        """What 0.1 understood: the headers that compare like each name, the one that is spelled like it first."""
        for name in names:
            alike = [at for at, text in self.free.items() if normal(text) == normal(name)]
            yield from sorted(alike, key=lambda at: (self.free[at] != name, self.free[at].lower() != name))

    def _meant(self, name: str) -> Iterator[int]:
        """What the words of a header say, unless the target carries the column."""
        yield from [at for at, text in self.free.items() if understand(text).name == name and text not in self.kept]

    def _pair(self) -> None:
        if ends := self._old_pair() or self._new_pair():
            self.places |= dict(zip(("first", "last"), ends, strict=True))
            for at in ends:
                del self.free[at]

    def _old_pair(self) -> tuple[int, int] | None:
        for first, last in PAIRS:
            ends = next(self._spelled(first), None), next(self._spelled(last), None)
            if ends[0] is not None and ends[1] is not None and self._timed(*ends):  # type: ignore[arg-type]  # both known
                return ends  # type: ignore[return-value]  # as above
        return None

    def _new_pair(self) -> tuple[int, int] | None:
        """The first two headers that name both ends of one thing."""
        firsts: dict[tuple[str, Unit], int] = {}
        known = [(at, *pair_of(text)) for at, text in self.free.items() if text not in self.kept]
        for at, side, shared, unit in known:
            if side == "first":
                firsts.setdefault((shared, unit), at)
        for at, side, shared, unit in known:
            if side == "last" and (first := firsts.get((shared, unit))) is not None and self._timed(first, at):
                return first, at
        return None

    def _timed(self, first: int, last: int) -> bool:
        return all(kinds.could_be("duration", self.table.columns[at]) for at in (first, last))


def assign(
    table: Table,
    overrides: Mapping[str, str],
    *,
    ignore: Collection[str] = (),
    joined: Collection[str] = (),
    names: Mapping[str, Collection[str]] = MappingProxyType({}),
    before: Before = Before(),  # noqa: B008 - frozen
) -> Assignment:
    """What every column of the table is.

    ``overrides`` (canonical name -> header) are those of `[columns]`; ``joined`` names the columns that templates
    make, which need no header; ``ignore`` are headers to leave unread, and ``before`` says which ones the target
    carries. ``names`` are the words that cells of a column may be: chains and routes, the cast.

    Every header is in ``places``, in ``extras``, or one of ours.
    """
    places, faults = overridden(table.headers, overrides, table.line)
    ignored = {at for text in ignore if (at := find(table.headers, text)) is not None} - set(places.values())
    ours = {at for at, text in enumerate(table.headers) if text.lower().startswith(OURS)} - set(places.values())

    def searched(kept: frozenset[str]) -> _Search:
        taken = {*places.values(), *ignored, *ours}
        free = {at: text for at, text in enumerate(table.headers) if at not in taken and normal(text)}
        search = _Search(table, names, before, kept, {**places, **dict.fromkeys(joined, -1)}, free)
        search.place_all()
        search.places = {name: at for name, at in search.places.items() if at >= 0}
        return search

    chosen = searched(before.extras)
    if not {"prompt"} & {*chosen.places, *joined, *overrides}:
        fault = no_prompt(table.headers, table.line)
        faults.append(replace(fault, message=f"{HEADLESS}; {fault.message}") if _headless(table) else fault)
    held = _held(table, chosen, searched(frozenset())) if before.extras else ()
    extras = tuple(at for at in range(len(table.headers)) if at not in chosen.places.values() and at not in ours)
    told = _told(table, chosen, [at for at in extras if at not in ignored], held, {*places, *joined})
    return Assignment(chosen.places, _units(table, chosen.places), extras, told, tuple(faults))


def _headless(table: Table) -> bool:
    """Whether the first line looks like a shot: it names no column, and holds a number, a path or a sentence."""
    heads = table.headers
    if any(understand(text).name for text in heads):
        return False
    return any(len(text) > 30 or text.replace(".", "").isdigit() or kinds.located(text) for text in heads)


def _held(table: Table, chosen: _Search, today: _Search) -> tuple[Held, ...]:
    """What a target without a past would be read as, and this one is not."""
    return tuple(
        Held(table.headers[at], "duration" if name in ("first", "last") else name)
        for name, at in today.places.items()
        if chosen.places.get(name) != at and table.headers[at] in chosen.kept
    )


def _units(table: Table, places: Mapping[str, int]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for name in ("duration", "first", "last"):
        if name in places:
            header = table.headers[places[name]]
            units[name] = understand(header).unit if name == "duration" else pair_of(header)[2]
    return units


def _told(table: Table, chosen: _Search, carried: Sequence[int], held: Sequence[Held], given: Collection[str]) -> Told:
    """One sentence for what was taken by another header, and one for each that was doubted."""
    heads, places = table.headers, chosen.places
    unread = tuple(Unread(heads[at], chosen.refused.get(at) or _like(heads[at], table.columns[at])) for at in carried)
    taken = [
        f"{'length' if name in ('duration', 'first') else name} from {_source(heads, places, name)}"
        for name in SAID
        if name in places and name not in given and normal(heads[places[name]]) != normal(name)
    ]
    notes = [f"read: {', '.join(taken)}"] if taken else []
    notes += [
        f"{heads[at]!r} is not read as {name}: "
        + chosen.reasons.get(at, f"none of its cells can be one ({_sample(table.columns[at])})")
        for at, name in chosen.refused.items()
        if at in carried
    ]
    return Told(unread, tuple(notes), tuple(held))


def _source(heads: Sequence[str], places: Mapping[str, int], name: str) -> str:
    header = heads[places[name]]
    if name == "first":
        return f"{header!r} and {heads[places['last']]!r}"
    others = [text for text in heads if text != header and meaning.public(understand(text)) == "prompt"]
    beside = f", which is sent instead of {', '.join(map(repr, others[:5]))}" if others else ""
    return f"{header!r}{beside if understand(header).name == 'motion_prompt' and name == 'prompt' else ''}"


def _like(header: str, cells: Sequence[str]) -> str:
    if pair_of(header)[0] and not understand(header).name:
        return "duration"
    return meaning.resembles(header) or kinds.resembles(cells)


def _sample(cells: Sequence[str]) -> str:
    found = list(dict.fromkeys(cell.strip() for cell in cells[:1000] if cell.strip()))[:3]
    return ", ".join(cell[:40] for cell in found)


def changed(board: Storyboard) -> dict[str, Shot]:
    """The shots, by shot_id, that would ask for something else if the carried columns were read: as they would be."""
    now = {shot.shot_id: _asked(shot) for shot in board.shots}
    return {shot.shot_id: shot for shot in board.told.meant if now.get(shot.shot_id) != _asked(shot)}


def _asked(shot: Shot) -> Shot:
    return shot._replace(row=0, extras={}, warnings=(), heard=UNHEARD)


def sentence(held: Sequence[Held], ids: Sequence[str], usd: str) -> str:
    """What the carried columns would be read as, for which shots and for how much, and how to have them read."""
    read = ", ".join(f"{header!r} as {name}" for header, name in held)
    shown = ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
    asks = f"for {len(ids)} shots ({shown}), {usd} USD" if ids else "which changes no shot"
    way = ", ".join(f'{name} = "{header}"' for header, name in held)
    return f"would be read: {read}, {asks}; this target carries them as further columns until [columns] {way} says so"
