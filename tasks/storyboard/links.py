"""What rows start from, end on and show (pictures, clips and other rows), and what they sound like. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tasks.domain.shot import SILENCE, UNHEARD, CastMember, Heard, Shot, Shown, is_spoken
from tasks.storyboard import cell_kinds as kinds
from tasks.storyboard import cells
from tasks.storyboard import missing_files as missing
from tasks.storyboard.sheet import Sheet

Cast = Mapping[str, CastMember]
_ONE_START = "a row that continues another starts from its last picture; leave {} empty, or continues"
_NO_START = "is the picture that the shot ends on; give the one that it starts from too, as image or continues"


def read_links(sheet: Sheet, cast: Cast, base: str) -> dict[str, list[Any]]:
    """Mode, image, source and so on as they are used; a source that is a row's id is that row, else a path or URL."""
    files = sheet.values("image", missing.check, ""), sheet.values("source", missing.check, "")
    continued = _continued(sheet)
    asked = sheet.values("mode", cells.mode)
    used = [cells.inputs(*row) for row in zip(asked, *files, sheet.texts("continues"), strict=True)]
    known = frozenset(sheet.ids)
    return {
        "mode": [mode for mode, *_ in used],
        "image": [image if image in sheet.table.files else cells.resolve(base, image) for _, image, *_ in used],
        "source": ["" if source in known else cells.resolve(base, source) for _, _, source, _ in used],
        "source_shot": [
            row or (source if source in known else "") for row, (_, _, source, _) in zip(continued, used, strict=True)
        ],
        "warnings": [warnings for *_, warnings in used],
        "last_image": [cells.resolve(base, text) for text in sheet.values("last_image", missing.check, "")],
        "references": _references(sheet, cast, base),
    }


def _continued(sheet: Sheet) -> list[str]:
    """The row whose last picture each row starts from; what a row may not name beside it is a fault."""
    texts, known = sheet.texts("continues"), frozenset(sheet.ids)
    named = {name: sheet.texts(name) for name in ("image", "source")}
    modes = sheet.texts("mode")
    for at, text in enumerate(texts):
        if not text:
            continue
        if text not in known:
            said = f"is no shot of this board; give the shot_id of another row{cells.nearest(text, tuple(sheet.ids))}"
            sheet.fault(at, "continues", text, missing.NONE_SAID if missing.is_none(text) else said)
        for name, given in named.items():
            if given[at]:
                sheet.fault(at, name, given[at], _ONE_START.format(name))
        if modes[at] and cells.MODE_WORDS.get(cells.joined(modes[at]), "image_to_video") != "image_to_video":
            sheet.fault(at, "mode", modes[at], "a row that continues another is image_to_video; leave the mode empty")
    return [text if text in known else "" for text in texts]


def _references(sheet: Sheet, cast: Cast, base: str) -> list[tuple[Shown, ...]]:
    """The pictures that each row shows: those that it names, then those of the cast that its prompt names."""
    if not cast and "references" not in sheet.places:
        return [()] * len(sheet.ids)
    listed = sheet.values("references", lambda text: _named(text, cast), ())
    found = []
    for names, prompt in zip(listed, sheet.texts("prompt"), strict=True):
        pictures: dict[tuple[str, str], Shown] = {}
        for name in names:
            shown = _of(cast[name], base, firm=True) if name in cast else [Shown(cells.resolve(base, name))]
            pictures |= {(one.image, one.name): one for one in shown}
        for name in cells.names_in(prompt):
            for one in _of(cast[name], base, firm=cast[name].required) if name in cast else ():
                pictures.setdefault((one.image, one.name), one)
        found.append(_once(pictures.values()))
    return found


def _of(member: CastMember, base: str, *, firm: bool) -> list[Shown]:
    return [Shown(cells.resolve(base, image), member.name, member.text, firm) for image in member.images]


def _once(pictures: Collection[Shown]) -> tuple[Shown, ...]:
    """The same without those that are a member's picture too: that one says whose it is, and is as firm."""
    bare = {one.image for one in pictures if not one.name}
    members = {one.image for one in pictures if one.name}
    kept = (one for one in pictures if one.name or one.image not in members)
    return tuple(one._replace(firm=one.firm or one.image in bare) for one in kept)


def _named(text: str, cast: Cast) -> tuple[str, ...]:
    """What a cell of references names. Raises ``ValueError`` when any of it is neither of the cast nor a picture."""
    found, wrong = [], []
    for one in cells.listed(text):
        try:
            found.append(_reference(one, cast))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("; ".join(wrong[:5]))
    return tuple(found)


def _reference(one: str, cast: Cast) -> str:
    if one in cast and not cast[one].images:
        raise ValueError(f"[cast.{one}] has no images to send; give it some, or name {{{one}}} in the prompt")
    if one not in cast and not kinds.located(one):
        raise ValueError(f"{one[:60]!r} is neither in [cast] nor a picture{cells.nearest(one, tuple(cast))}")
    return one if one in cast else missing.check(one)


def read_heard(sheet: Sheet, base: str) -> list[Heard]:
    """What is to be heard with each row. A cell that names no sound file is text, and told."""
    spoken = [name for name in sheet.places if name == "dialogue" or is_spoken(name)]
    if not spoken and not {"voice", "music", "sfx"} & sheet.places.keys():
        return [UNHEARD] * len(sheet.ids)
    said = {name.partition("_")[2]: sheet.texts(name) for name in spoken}
    files = [_sounds(sheet, name, base) for name in ("voice", "music", "sfx")]
    return [
        Heard({language: texts[at] for language, texts in said.items() if not missing.is_none(texts[at])}, *named)
        for at, named in enumerate(zip(*files, strict=True))
    ]


def _sounds(sheet: Sheet, name: str, base: str) -> list[str]:
    """A column's sound files; where the music ends `SILENCE`, and nothing where a cell is text."""
    given = sheet.texts(name)
    quiet = SILENCE if name == "music" else ""
    files = sheet.values(name, lambda text: missing.check(text) if kinds.is_sound(text) else "", "")
    words = [text for text in given if text and not kinds.is_sound(text) and not missing.is_none(text)]
    if words:
        shown = ", ".join(repr(text[:40]) for text in dict.fromkeys(words[:3]))
        header = sheet.table.headers[sheet.places[name]]
        sheet.notes.append(f"{header!r} is text in {len(words)} rows ({shown}): only names of sound files are played")
    return [
        quiet if text and missing.is_none(text) else cells.resolve(base, file)
        for text, file in zip(given, files, strict=True)
    ]


def check_links(sheet: Sheet, shots: Sequence[Shot]) -> None:
    """What a mode needs and a row does not give, and rows that wait for each other's clips."""
    continued, ends = sheet.texts("continues"), sheet.texts("last_image")
    for at, shot in enumerate(shots):
        if shot.mode == "image_to_video" and not (shot.image or continued[at]):
            sheet.fault(at, "image", "", "image_to_video needs an image; give its path or URL, or write text_to_video")
        elif shot.mode == "remix" and not (shot.source or shot.source_shot):
            message = "remix needs a source; give a video (path or URL) or the shot_id of another row"
            sheet.fault(at, "source", "", message)
        if ends[at] and shot.mode != "image_to_video" and not continued[at]:
            sheet.fault(at, "last_image", ends[at], _NO_START)
    _check_rings(sheet, shots)


def _check_rings(sheet: Sheet, shots: Sequence[Shot]) -> None:
    places = {shot.shot_id: at for at, shot in enumerate(shots) if shot.source_shot}
    for ring in cells.cycles({shot_id: shots[at].source_shot for shot_id, at in places.items()}):
        names = [*ring[:10], "..."] if len(ring) > 10 else ring
        first = shots[places[ring[0]]]
        what = "start from each other" if any(shots[places[name]].continues for name in ring) else "each other's source"
        said = f"these shots {'' if what[0] == 's' else 'are '}{what}"
        start = "a picture" if first.continues else "a video"
        message = f"{said}: {' -> '.join([*names, ring[0]])}; start one from {start}"
        if len(ring) == 1:
            message = f"a shot is not its own source ({ring[0]} -> {ring[0]}); name another row or {start}"
        column = "continues" if first.continues else "source" if "source" in sheet.places else "image"
        sheet.fault(places[ring[0]], column, first.source_shot, message)
