"""ARCHITECTURE.md draws the rooms as they are, and what import-linter cannot see holds as well."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = {
    room: words.split() for room, words in re.findall(r"^\| `((?:flows|tasks)[\w/]*)` \| .+ \| (.+) \|$", TEXT, re.M)
}
FLOORS = re.search(r"^tasks/\n((?:  .*\n)+)", TEXT, re.MULTILINE)
MOST_LINES, MOST_MODULES = 300, 16
MOST_FUNCTION, MOST_PARAMETERS = 40, 6  # lines, and parameters beside ``self``
#: Flows and commands: what they take is what a user may say.
FOR_USERS = {"render_storyboard", "render_season", "plan_storyboard", "render", "plan", "review"}
PARTICIPLE = re.compile(
    r"(?!(?:feed|seed|need|heed|speed)$)[a-z]+ed|told|said|held|kept|sent|lost|left|found|made|taken|shown|known|seen|"
    r"chosen|drawn|hidden|overridden|withdrawn|written|given|begun|spent|caught|brought|bought"
)
#: Named after what they give, and called from many places (the words of an adapter among them): none is added.
PARTICIPLES = {
    *("accepted", "begun", "caught", "ended", "found", "hidden", "kept", "lost", "misspelled", "said", "spent"),
    *("changed", "chosen", "exported", "joined", "known", "listed", "located", "overridden", "parsed", "repacked"),
    *("separated", "shaped", "shared", "shown", "unescaped", "worded"),
}
READS_ENVIRONMENT = {"tasks/config/settings.py"}
SETS_ENVIRONMENT = {"flows/cli/server.py"}  # what the Prefect server that a terminal starts is told


def folders() -> Iterator[Path]:
    for top in ("flows", "tasks"):
        yield from (path.parent for path in sorted((ROOT / top).rglob("__init__.py")))


def modules_of(folder: Path) -> set[str]:
    """Its modules by name, and its folders with a slash."""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return modules | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


def test_every_folder_is_a_room_of_the_table() -> None:
    """The table of rooms names each folder that holds modules, and no other."""
    assert set(ROOMS) == {str(folder.relative_to(ROOT)) for folder in folders()} - {"tasks"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_holds_what_the_table_says(room: str) -> None:
    """Each module has its place in the table; none is named there that is gone."""
    there = modules_of(ROOT / room) - ({"cli/", "support/"} if room == "flows" else set())
    assert sorted(ROOMS[room]) == sorted(there)


def test_the_drawn_floors_are_those_of_the_check() -> None:
    """The drawing of the floors has the rooms, in the order, that import-linter enforces."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(rule["layers"] for rule in rules if rule.get("containers") == ["tasks"])
    assert FLOORS is not None
    drawn = [re.split(r"\s{2,}|:", line.strip())[0] for line in FLOORS[1].splitlines()]
    assert [re.split(r"\s*\|\s*", line) for line in drawn] == [re.split(r"\s*\|\s*", layer) for layer in layers]


@pytest.mark.parametrize("folder", list(folders()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_is_seen_at_a_glance(folder: Path) -> None:
    """No folder holds more modules, and no module more lines, than a reader keeps in mind."""
    assert len(modules_of(folder)) <= MOST_MODULES
    long = {
        path.name: lines for path in folder.glob("*.py") if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long


def test_a_function_fits_on_a_screen() -> None:
    """None is longer or takes more than a reader keeps in mind, but for flows and commands."""
    for folder in folders():
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
                    folder.is_relative_to(ROOT / "flows") and node.name in FOR_USERS
                ):
                    continue
                told = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                assert node.end_lineno is not None and node.end_lineno - node.lineno < MOST_FUNCTION, node.name
                assert len([one for one in told if one not in ("self", "cls")]) <= MOST_PARAMETERS, node.name


def test_one_door_to_the_environment() -> None:
    """One module reads the environment, one sets what a server that it starts shall find there."""
    found = set()
    for folder in folders():
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
                    found.add(str(path.relative_to(ROOT)))
    assert found == READS_ENVIRONMENT | SETS_ENVIRONMENT


def test_functions_that_act_are_verbs() -> None:
    """No public function of a module is called by a participle alone, but for those that were."""
    found = {
        node.name
        for folder in folders()
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and PARTICIPLE.fullmatch(node.name)
    }
    assert found <= PARTICIPLES, found - PARTICIPLES
