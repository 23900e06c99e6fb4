"""Why a file that a cell names is not there, and which one may be meant. Pure but for a look into local folders."""

import difflib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote, urlsplit

from tasks.storage import has_scheme, kind_of

Names = Callable[[str], Sequence[str]]
"""A folder -> the names in it; none where it cannot be looked into."""

_MOST = 10_000  # names of one folder that are looked at
_LEVELS = 6  # of a path of another machine, in which the file is looked for beside the board
_SHARED = {
    "drive.google.com": "share",
    "docs.google.com": "share",
    "photos.google.com": "share",
    "photos.app.goo.gl": "share",
    "dropbox.com": "end it with ?dl=1 instead of ?dl=0, or share",
    "1drv.ms": "share",
    "onedrive.live.com": "share",
    "sharepoint.com": "share",
    "icloud.com": "share",
    "wetransfer.com": "share",
    "we.tl": "share",
    "box.com": "share",
    "notion.so": "share",
    "figma.com": "share",
    "canva.com": "share",
    "miro.com": "share",
    "frame.io": "share",
    "imgur.com": "share",
    "pinterest.com": "share",
}
_PAGE = re.compile(
    r"https?://(drive\.google\.com/(file/d/|open\?|drive/)|photos\.(google\.com|app\.goo\.gl)/"
    r"|(www\.)?dropbox\.com/(s|sh|scl)/|(www\.)?wetransfer\.com/|we\.tl/)",
    re.IGNORECASE,
)
_NONE = frozenset(
    ("-", "--", "–", "—", "n/a", "na", "none", "null", "tbd", "tba", "todo", "?", "x", "no", "nil", "keine", "[]", "{}")
)
NONE_SAID = "says that there is none; leave the cell empty"
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")
_HTML = re.compile(r"<\w+\b[^>]*?\b(?:src|href)\s*=\s*[\"']?([^\"'\s>]+)[^>]*>.*", re.DOTALL)
_VARIABLE = re.compile(r"~(?=[/\\])|\$\w+|\$\{\w+\}|%\w+%(?=[/\\])")
_SLASHES = str.maketrans(dict.fromkeys("\\／∕⁄＼", "/"))
_BOTH = re.compile(r"(\S.*?)\s*\((https?://[^)]+)\)$")


def is_none(text: str) -> bool:
    """Whether a cell says that there is nothing: empty, or a word or a sign for that."""
    return not text or text.lower() in _NONE


def check(text: str) -> str:
    """The cell of a picture or video as it stands. Raises ``ValueError`` when it is no path and no address at all."""
    if text.startswith("="):
        found = re.search(r"\"([^\"]+)\"", text)
        raise ValueError(f"is a formula; write what it shows{f': {found[1]}' if found else ''}")
    if found := _HTML.fullmatch(text):
        raise ValueError(f"is a piece of HTML; write {found[1]}")
    if found := re.fullmatch(r"!?\[[^\]]*\]\(([^)\s]+)\)", text):
        raise ValueError(f"is a link in Markdown; write {found[1]}")
    if found := _BOTH.fullmatch(text):
        raise ValueError(f"holds a name and an address; write one of them: {found[1]} or {found[2]}")
    if text.startswith("[") and text.endswith("]") and text != "[]":
        inner = [part.strip(" \"'") for part in text[1:-1].split(",")]
        raise ValueError(f"is a list; write {inner[0]}" if len(inner) == 1 else "is a list; give one file a row")
    if text.lower() in _NONE:
        raise ValueError(NONE_SAID)
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'“”«»":
        raise ValueError(f"stands in quotes; write {text[1:-1]}")
    if text.lower().startswith("www."):
        raise ValueError(f"is an address without its beginning; write https://{text}")
    return text


def cause(reference: str, folder: str, names: Names | None = None) -> str:
    """``; `` and why a file is not there, with the one that may be meant; empty where nothing can be said.

    ``reference`` is as it was looked for, ``folder`` the board's own, from which what is meant is told.
    """
    look = names or names_in
    if has_scheme(reference) and kind_of(reference).name != "local":
        return shared(reference)
    path = unquote(urlsplit(reference).path) if has_scheme(reference) else reference
    found = _written(path, folder, look) or _named(path, folder, look)
    return f"; {found}" if found else ""


def near_board(path: str, names: Names | None = None) -> str:
    """``; `` and why a board is not there at a local path, with the one that may be meant; empty where nothing can be
    said."""
    folder, look = os.getcwd(), names or names_in  # noqa: PTH109 - text, as it was typed
    whole = os.path.join(folder, os.path.expanduser(path))  # noqa: PTH118, PTH111 - as above
    found = _odd_letters(path, folder, look) or _named(whole, folder, look)
    return f"; {found}" if found else ""


def names_in(folder: str) -> list[str]:
    """The names in a local folder, the first ten thousand."""
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as found:  # noqa: PTH111 - text, as the board has it
            return [entry.name for _, entry in zip(range(_MOST), found, strict=False)]
    except OSError:
        return []


def shared(reference: str) -> str:
    """``; `` and what to do where an address is that of a page to share a file; else nothing."""
    host = (urlsplit(reference).hostname or "").removeprefix("www.")
    for known, way in _SHARED.items():
        if host == known or host.endswith(f".{known}"):
            return f"; this is a page about the file: {way} a direct link, or put the file beside the board"
    return ""


def is_page(reference: str) -> bool:
    """Whether an address is surely that of a page which shows a file, so that nobody needs to ask for it."""
    return _PAGE.match(reference) is not None and not re.search(r"[?&](dl|raw)=1\b", reference)


def _written(path: str, folder: str, look: Names) -> str:
    """What is wrong with how the path is written."""
    own = path.removeprefix(f"{folder.rstrip('/')}/") if folder else path
    if _DRIVE.match(own) or _of_another(own, look):
        near = _meant(_beside(own, folder, look), folder)
        return f"this is a path of another machine; put the file beside the board{near}"
    if found := _VARIABLE.match(own):
        return f"{found[0]} stands for nothing in a board: write the path out, or put the file beside the board"
    parts = [part.strip() for part in re.split(r"[,;|\n]", own)]
    if len(parts) > 1 and all(_FILE.search(part) for part in parts):
        return f"the cell names {len(parts)} files; name one, such as {parts[0]!r}"
    return _odd_letters(own, folder, look)


def _odd_letters(own: str, folder: str, look: Names) -> str:
    """What is wrong with single letters of the path ``own``, which is as the board has it."""

    def meant(text: str) -> str:
        return _resolved(f"{folder}/{text}" if folder and not text.startswith("/") else text, look)

    if hidden := [letter for letter in own if unicodedata.category(letter) == "Cf"]:
        plain = "".join(letter for letter in own if letter not in hidden)
        return f"holds a character that cannot be seen (U+{ord(hidden[0]):04X}){_meant(meant(plain), folder)}"
    if (plain := own.translate(_SLASHES)) != own:
        odd = next(letter for letter in own if letter.translate(_SLASHES) != letter)
        return f"a path is written with / and not with {odd}{_meant(meant(plain), folder)}"
    if unquote(own) != own and (near := meant(unquote(own))):
        return f"% and two digits stand for a character here{_meant(near, folder)}"
    return ""


def _of_another(own: str, look: Names) -> bool:
    """Whether a path from the root leads through folders that this machine has not, as ``/Users/nn``."""
    steps = own.split("/")
    return own.startswith("/") and len(steps) > 3 and not _resolved("/".join(steps[:3]), look)


def _beside(own: str, folder: str, look: Names) -> str:
    """The file that a path of another machine may mean: by as much of its end as the board's folder has."""
    steps = own.translate(_SLASHES).split("/")
    ends = ("/".join(steps[start:]) for start in range(max(1, len(steps) - _LEVELS), len(steps)))
    found = (_resolved(f"{folder}/{end}", look) for end in ends)
    return next((near for near in found if near), "")


def _named(path: str, folder: str, look: Names) -> str:
    """A file of nearly that name: in another case or Unicode form, without its ending, or misspelled."""
    near = _resolved(path, look)
    if near == path.rstrip("/"):
        return ""
    if near:
        form = unicodedata.normalize("NFC", near) == unicodedata.normalize("NFC", path)
        what = "its name is written in another Unicode form (composed or not)" if form else "its case is another"
        return f"{what}{_meant(near, folder)}"
    head, _, last = path.rpartition("/")
    there = _resolved(head, look) if head else ""
    held = {_alike(name): name for name in reversed(look(there or head or "."))}
    wanted = _alike(last)
    stems = [name for name in held if _stem(name) in (wanted, _stem(wanted))]
    close = stems or difflib.get_close_matches(wanted[:200], held, n=1, cutoff=0.75)
    return f"did you mean {_own(f'{there or head}/{held[close[0]]}', folder)!r}?" if close else ""


def _stem(name: str) -> str:
    """A name without its ending."""
    return _FILE.sub("", name)


def _resolved(path: str, look: Names) -> str:
    """The path as the folders spell it, whatever the case and form of its steps; empty where there is none."""
    steps = [step for step in path.split("/") if step not in ("", ".")]
    at = "/" if path.startswith("/") else ""
    for step in steps:
        held = look(at or ".")
        name = _same(step, held)
        if name is None and not (not held and step == ".."):
            return ""
        at = f"{at.rstrip('/')}/{name or step}" if at else name or step
    return at


def _same(step: str, held: Iterable[str]) -> str | None:
    wanted = _alike(step)
    found = [name for name in held if _alike(name) == wanted]
    return step if step in found else found[0] if found else None


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _own(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder.rstrip('/')}/")


def _meant(path: str, folder: str) -> str:
    return f"; did you mean {_own(path, folder)!r}?" if path else ""
