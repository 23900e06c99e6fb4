"""What a new user begins with: a board of three shots, and a config for the gateways whose keys are there."""

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tasks.config import Chain, Settings, load_settings
from tasks.domain.errors import TargetError
from tasks.domain.shot import MODES, Mode, Shot, Size
from tasks.planning import OfferFinder

BOARD = "storyboard.csv"
CONFIG = "storyreel.toml"
ROWS = """\
shot_id,scene,prompt,image,duration
sh010,1 Harbour,"Wide shot of a small harbour at dawn, fog on the water, gulls on the posts. Slow push in.",,4
sh020,1 Harbour,"A paper boat leaves the quay, carried by a light wind, camera low above the water.",,4
sh030,2 Sea,"From above: the paper boat alone on a calm grey sea, the first sun on its sails.",,4
"""
BUDGET = "5.00"  # US dollars: three shots of four seconds, with room for one that is paid twice

Routes = Mapping[Mode, Sequence[str]]


class Begun(NamedTuple):
    """What lies in the folder now: files that were written, files that were there and stay, the gateways of the config
    that was written, those with a key and no living model, and what to type next."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    gateways: tuple[str, ...]
    idle: tuple[str, ...]
    commands: tuple[str, ...]


def begin(folder: Path, living: Settings, today: date) -> Begun:
    """Write a board and a config into the folder. What is there already stays as it is.

    ``living`` are the settings of the shipped chain of living models, with the keys that were found.
    Raises ``TargetError`` when a file cannot be written.
    """
    chosen = choose_routes(living, today)
    texts = {BOARD: ROWS, CONFIG: write_config(chosen, living)}
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if _write_new(folder / name, text):
                written.append(name)
    except (FileExistsError, NotADirectoryError) as error:
        raise TargetError(f"{folder} cannot be written: it is a file, name a folder") from error
    except OSError as error:
        raise TargetError(f"{folder} cannot be written: {error.strerror or error}") from error
    kept = tuple(name for name in texts if name not in written)
    gateways = gateways_of(chosen)
    keyed = [name for name, one in living.providers.items() if one.ready and one.key_from]
    idle = tuple(name for name in keyed if name not in gateways)
    return Begun(tuple(written), kept, gateways, idle, next_commands(folder))


def _write_new(path: Path, text: str) -> bool:
    """Whether the file was made: one that is there is never written to."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def next_commands(folder: Path) -> tuple[str, ...]:
    """The three commands that follow: the plan, one shot, all of them."""
    board, config, target = (shlex.quote(str(folder / name)) for name in (BOARD, CONFIG, "out"))
    render = f"storyreel render {board} --config {config} --to {target}"
    return f"storyreel plan {board} --config {config}", f"{render} --only sh010", render


def gateways_of(routes: Routes) -> tuple[str, ...]:
    """The gateways of the routes, each once; none where all is drawn here."""
    names = dict.fromkeys(route.partition(":")[0] for chain in routes.values() for route in chain)
    return tuple(name for name in names if name != "animatic")


def choose_routes(living: Settings, today: date) -> dict[Mode, tuple[str, ...]]:
    """For each mode the living chain's routes whose keys were found, then the cheapest model of every other gateway
    with a key; the built-in renderer's where no key fits."""
    drawn = load_settings(None, {}).chains[""].routes
    return {mode: _paid_routes(mode, living, today) or drawn[mode] for mode in MODES}


def _paid_routes(mode: Mode, living: Settings, today: date) -> tuple[str, ...]:
    chain, models = living.chains[""].routes.get(mode, ()), living.catalogue.models.values()
    names = dict.fromkeys([*chain, *(model.route for model in models if model.provider != "animatic")])
    opened = replace(living, chains={"": Chain({mode: tuple(names)})})
    asked = Shot("sh010", 0, "", "a boat", mode, Decimal(4), Size(1280, 720), "cover", image="boat.png", source="a.mp4")
    offers, _ = OfferFinder(opened, living.catalogue, today, signs=False).offers(asked, ("", None), "file")
    found = [offer for offer in offers if offer.route.name in chain]
    for offer in sorted(offers, key=lambda offer: offer.quote):
        if offer.route.model.provider not in {one.route.model.provider for one in found}:
            found.append(offer)
    return tuple(offer.route.name for offer in found)


def write_config(routes: Routes, living: Settings) -> str:
    """The text of a config with these routes, and with what the shipped one says of their gateways."""
    gateways = gateways_of(routes)
    keys = ", ".join(dict.fromkeys(living.providers[name].key_from or name for name in gateways))
    said = f"for the keys that it found: {keys}" if keys else "without a key: every shot is drawn on this machine"
    lines = [f"# Written by `storyreel init`, {said}.", "# Keys stay in the environment, never in a file.", ""]
    lines += ["[defaults]", "duration = 4             # seconds", 'size = "1280x720"', "", "[chain]"]
    lines += [f"{mode} = {_toml(list(chain))}" for mode, chain in routes.items()]
    if gateways:
        lines += ["", "[render]", f"budget_usd = {BUDGET}        # of the target, over all its runs"]
    shipped = tomllib.loads(living.path.read_text(encoding="utf-8")).get("provider", {})
    for name in gateways:
        lines += _table(f"provider.{name}", shipped.get(name, {}))
    return "\n".join(lines) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    """A table of a config and those inside it, as lines."""
    flat = [f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, dict)]
    lines = ["", f"[{name}]", *flat] if flat else []
    for key, value in values.items():
        lines += _table(f"{name}.{key}", value) if isinstance(value, dict) else []
    return lines


def _toml(value: Any) -> str:
    """Text, numbers, truth and lists of them: what TOML and JSON spell alike."""
    return orjson.dumps(value).decode()
