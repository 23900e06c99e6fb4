"""TOML files as checked tables: all faults at once, each with its place and what would be right."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tasks.domain.errors import ConfigError, Fault
from tasks.domain.identity import nearest_name
from tasks.domain.money import BUDGET_WORDS, is_budget
from tasks.domain.shot import Size

CONFIGS = Path(__file__).resolve().parents[2] / "configs"

Kind = Callable[[Any], Any]
"""One value as TOML gives it -> as the program holds it. Raises ``ValueError`` with what would be right."""

Spec = Mapping[str, Kind]
"""The keys that a table may have, with the kind of each value."""

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?")
_MOST = 10**9  # no number in a config is larger; it keeps money and waits computable


class HiddenValueError(ValueError):
    """A wrong value that may be a secret: its message is shown without it."""


@dataclass(slots=True)
class FaultCollector:
    """The faults found so far in one file and in the environment variables that override it."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, where: str, message: str, value: Any = "", row: int = 0) -> None:
        """Note a fault at ``where``: a dotted key, a variable, or the ``$VARIABLE`` of a key.

        ``row`` is its line in the file, 0 where there is none.
        """
        told = message if where.startswith(("STORYREEL_", "$")) else f"{message} (in {self.file})"
        self.faults.append(Fault(row, "", where, _shown(value), told))

    def unknown(self, where: str, name: str, known: Iterable[str], what: str = "key") -> None:
        """Note an unknown name. Its value is never shown: it may be a key in the wrong place."""
        self.add(where, f"unknown {what}; {nearest(name, known)}")

    def take(self, into: dict[str, Any], name: str, kind: Kind, value: Any, where: str) -> None:
        """Put the checked value under ``name``, or note what is wrong with it."""
        try:
            into[name] = kind(value)
        except HiddenValueError as wrong:
            self.add(where, str(wrong))
        except ValueError as wrong:
            self.add(where, str(wrong), value)

    def table(self, raw: Any, spec: Spec, where: str, required: Iterable[str] = ()) -> dict[str, Any]:
        """The known keys of a table with their checked values; all that is wrong is noted as faults."""
        if not isinstance(raw, dict):
            self.add(where, "must be a table", raw)
            return {}
        values: dict[str, Any] = {}
        for name, value in raw.items():
            spot = f"{where}.{name}" if where else name
            if name in spec:
                self.take(values, name, spec[name], value, spot)
            else:
                self.unknown(spot, name, spec)
        for name in required:
            if name not in raw:
                self.add(f"{where}.{name}", "is missing")
        return values

    def raise_any(self) -> None:
        """End here if there are faults. Raises ``ConfigError`` when there are, with every one."""
        if self.faults:
            raise ConfigError(self.faults)


def find(path: str | Path | None) -> Path:
    """The file of a config's name or path; ``animatic.toml`` for None. Raises ``ConfigError`` when there is none."""
    asked = Path(path) if path is not None else CONFIGS / "animatic.toml"
    beside = [CONFIGS / asked.name, CONFIGS / f"{asked.name}.toml"]
    for file in [asked, *(beside if str(asked.parent) in (".", "configs") else [])]:
        if file.is_file():
            return file
    own = {file.stem: file for file in asked.parent.glob("*.toml")}
    if near := nearest_name(asked.stem, own, 0.7):
        raise ConfigError(f"no config file {str(path)!r}; did you mean {str(own[near])!r}?")
    shipped = sorted(file.name for file in CONFIGS.glob("*.toml") if file.name != "models.toml")
    raise ConfigError(f"no config file {str(path)!r}; beside the code, {nearest(asked.name, shipped)}")


def read_toml(file: Path) -> dict[str, Any]:
    """The tables of a TOML file in UTF-8. Raises ``ConfigError`` with the line when it cannot be read or is no TOML."""
    sheet = FaultCollector(str(file))
    text = ""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError:
        sheet.add("", "is not UTF-8 text")
    except OSError as error:
        sheet.add("", f"cannot be read: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        row = int(found[1]) if found else text.count("\n") + 1
        sheet.add("", f"is not TOML: {error}", row=row)
    raise ConfigError(sheet.faults)


def nearest(name: str, known: Iterable[str]) -> str:
    """``nearest known: 'x'`` in words, with all known names where none is similar."""
    names = list(known)
    if not names:
        return "none is known here"
    if close := nearest_name(name, names):
        return f"nearest known: {close!r}"
    return f"nearest known: {nearest_name(name, names, 0.0)!r}; known are {', '.join(names)}"


def whole(low: int, high: int = _MOST) -> Kind:
    """The kind of a whole number from ``low`` to ``high``."""

    def kind(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number, {_span(low, high)}")
        return value

    return kind


def number(low: int = 0, high: int = _MOST, *, above: bool = False) -> Kind:
    """The kind of a number from ``low`` (``above``: above it) to ``high``, a Decimal with the digits as written."""

    def kind(value: Any) -> Decimal:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not fits or (above and value == low):
            raise ValueError(f"must be a number {f'above {low}' if above else f'of {_span(low, high)}'}")
        return Decimal(str(value))

    return kind


def dollars(value: Any) -> Decimal:
    """US dollars from 0 to a limit that no board reaches. Raises ``ValueError`` when it is none."""
    amount = Decimal(number()(value))
    if not is_budget(amount):
        raise ValueError(BUDGET_WORDS)
    return amount


def positive(value: Any) -> float:
    """A time in seconds or a rate, above 0. Raises ``ValueError`` when it is none."""
    return float(number(above=True)(value))


def text(value: Any) -> str:
    """Text without surrounding blanks. Raises ``ValueError`` when it is empty or no text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text that is not empty")
    return value.strip()


def flag(value: Any) -> bool:
    """``true`` or ``false``. Raises ``ValueError`` when it is neither."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def one_of(*words: Any) -> Kind:
    """The kind of a value that is one of a few words."""

    def kind(value: Any) -> Any:
        for word in words:
            if type(value) is type(word) and value == word:
                return word
        raise ValueError(f"must be one of {', '.join(_shown(word) for word in words)}")

    return kind


def each(kind: Kind) -> Kind:
    """The kind of a list of values of one kind, a tuple. Its error names every wrong item."""

    def kind_of_list(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list")
        good, wrong = [], []
        for item in value:
            try:
                good.append(kind(item))
            except ValueError as error:
                wrong.append(f"{_shown(item)!r} {error}".strip())
        if wrong:
            raise ValueError("; ".join(wrong))
        return tuple(good)

    return kind_of_list


def free_table(value: Any) -> dict[str, Any]:
    """A table whose keys this program does not check. Raises ``ValueError`` when it is no table."""
    if not isinstance(value, dict):
        raise ValueError("must be a table")
    return dict(value)


def size(value: Any) -> Size:
    """A size such as ``1280x720``. Raises ``ValueError`` when it is none."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,5}\s*[x×X]\s*[0-9]{1,5}\s*", value):
        wanted = Size(*(int(side) for side in re.findall(r"[0-9]+", value)))
        if wanted.width and wanted.height:
            return wanted
    raise ValueError('must be width x height in pixels, as in "1280x720"')


def background(value: Any) -> str:
    """``auto``, the name of a colour, or ``#rrggbb``, in lower case. Raises ``ValueError`` when it is none of them."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word == "auto" or re.fullmatch("#[0-9a-f]{6}", word):
        return word
    from PIL import ImageColor  # loads all of Pillow, and few configs name a colour

    if word not in ImageColor.colormap:
        close = nearest_name(word, ["auto", *ImageColor.colormap])
        near = f"; nearest known: {close!r}" if close else ', as in "white"'
        raise ValueError(f'must be "auto", #rrggbb, or a colour\'s name{near}')
    return word


def day(value: Any) -> str:
    """A date such as ``2026-09-24``, given as text or as TOML's own date. Raises ``ValueError`` when it is none."""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError('must be a date, as in "2026-09-24"') from None


def base_url(value: Any) -> str:
    """An http or https address with a host, without a slash at the end.

    Raises ``ValueError`` when it is none, ``HiddenValueError`` when it has a user, a password, a query or a fragment.
    """
    try:
        parts = urlsplit(text(value))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError('must be an http or https address, as in "https://api.example.com"')
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise HiddenValueError("must be an address without user, password, query or fragment")
    return str(value).strip().rstrip("/")


def host(value: Any) -> str:
    """A host, ``name`` or ``name:port``, in lower case. Raises ``ValueError`` when it is none."""
    if not isinstance(value, str) or not _HOST.fullmatch(value.strip()):
        raise ValueError('must be a host, as in "media.example.com" or "127.0.0.1:8765"')
    return value.strip().lower()


def variable(value: Any) -> str:
    """The name of a variable. Raises ``HiddenValueError`` when it is none: it may be a key, and is not shown."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value.strip()):
        raise HiddenValueError("must be the name of an environment variable that holds the key, never the key")
    return value.strip()


def block_name(value: Any) -> str:
    """The name of a Prefect block. Raises ``HiddenValueError`` when it is none: it may be a key, and is not shown."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9-]{1,100}", value.strip()):
        raise HiddenValueError("must be the name of a Secret block (a-z, 0-9, -), never the key")
    return value.strip()


def block_address(value: Any) -> str:
    """The type and name of a Prefect block, as its page shows them. Raises ``ValueError`` when it is none."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", value.strip()):
        raise ValueError('must be the type and name of a block, as in "remote-file-system/films"')
    return value.strip()


def _span(low: int, high: int) -> str:
    return f"{low} or more, {_MOST:,} at the most" if high == _MOST else f"{low} to {high}"


def _shown(value: Any) -> str:
    """A plain value as the file has it; of any other value only its type."""
    if isinstance(value, bool):
        return str(value).lower()
    plain = isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 256)
    return str(value) if plain else f"a {type(value).__name__}"
