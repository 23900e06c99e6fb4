"""What other rooms may use of a room stands in its ``__init__``; heavy rooms say nothing and load nothing."""

import ast
import importlib
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LIGHT = [door for rule in RULES if rule["type"] == "protected" for door in rule["allowed_importers"]]
HEAVY = ["tasks.media", "tasks.animatic", "tasks.engine", "tasks.views"]
PRODUCT = [*sorted((ROOT / "tasks").rglob("*.py")), *sorted((ROOT / "flows").rglob("*.py"))]


def given_by(door: str) -> set[str]:
    """What a room's ``__init__`` takes from its modules."""
    tree = ast.parse((ROOT / door.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))
    return {a.asname or a.name for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names}


@cache
def imports() -> list[tuple[Path, ast.Import | ast.ImportFrom]]:
    """Every import of the product, and in which module it stands."""
    return [
        (path, node)
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def taken_from(door: str) -> set[str]:
    """What other rooms import from a room."""
    own = ROOT / door.replace(".", "/")
    found: set[str] = set()
    for path, node in imports():
        if own not in path.parents and isinstance(node, ast.ImportFrom) and node.module == door:
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("door", LIGHT)
def test_a_door_names_what_it_gives(door: str) -> None:
    """``__all__`` of a light room is what its ``__init__`` imports, and all of it is there."""
    room = importlib.import_module(door)
    assert set(room.__all__) == given_by(door)
    assert all(hasattr(room, name) for name in room.__all__)
    assert len(room.__all__) == len(set(room.__all__))


@pytest.mark.parametrize("door", LIGHT)
def test_a_door_gives_what_is_taken(door: str) -> None:
    """Other rooms take only what a light room gives."""
    assert taken_from(door) <= set(importlib.import_module(door).__all__)


@pytest.mark.parametrize("door", LIGHT)
def test_no_name_at_a_door_hides_a_module(door: str) -> None:
    """A name that is given out is not that of a module beside it: one of both could not be reached."""
    modules = {path.stem for path in (ROOT / door.replace(".", "/")).glob("*.py")}
    assert not modules & set(importlib.import_module(door).__all__)


@pytest.mark.parametrize("door", LIGHT)
def test_what_a_door_gives_is_documented(door: str) -> None:
    """Each class and each function that other rooms may use says what it does."""
    room = importlib.import_module(door)
    values = {name: getattr(room, name) for name in room.__all__}
    ours = {name: value for name, value in values.items() if str(getattr(value, "__module__", "")).startswith("tasks.")}
    assert [name for name, value in ours.items() if not value.__doc__] == []


def test_heavy_rooms_load_with_their_modules() -> None:
    """Importing every light room and the face of every heavy one loads neither PyAV nor Pillow nor pandas."""
    code = f"import sys, {', '.join([*LIGHT, *HEAVY])}; print(*{{'av', 'PIL', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_one_room_serves() -> None:
    """Only the review serves pages (and the embedded Prefect server, a process of its own, itself)."""
    found = set()
    for path, node in imports():
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        if {name.partition(".")[0] for name in names} & {"starlette", "uvicorn"}:
            found.add(path.relative_to(ROOT).as_posix())
    assert found == {"tasks/commands/review/app.py", "tasks/commands/review/server.py", "flows/cli/served.py"}


def test_the_command_line_loads_no_server() -> None:
    """What the review serves with is loaded by the review alone: a plan is as quick without it."""
    code = "import sys, flows.cli.app; print(*{'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
