"""Every command and every block of the documents does what it stands there for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.config import settings
from tasks.config.catalogue import load_catalogue
from tasks.domain.pricing import Usage
from tasks.storyboard import reader
from tasks.transport.client import host_of
from tests.flows import Ran

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md")
#: These run this very test, or install what runs it: `.ci/run` calls them on a clean clone. The last has been done.
ELSEWHERE = (
    "make test",
    "make check",
    "make install",
    "git clone",
    "make format",
    "make crash",
    "make slow",
    ".venv/bin/prefect server",
)


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def commands(page: str) -> list[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line[2:] for line in lines if line.startswith("$ ") and not line[2:].startswith(ELSEWHERE)]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what a clone holds, so that a command of the page writes nothing here."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (tmp_path / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    for mark in (".user", ".developer"):
        (tmp_path / ".venv" / mark).touch()
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(560)
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_of_a_page_runs(page: str, copy: Path, environment: dict[str, str]) -> None:
    """The commands of a page, typed one after the other into one shell, all end with success."""
    # -m: without it bash lets what runs behind ignore SIGINT, by which a Prefect worker ends itself
    script = "set -em\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    for command in commands(page):
        script += f"echo '+ {command}'\n{command}\n"
        if command.endswith("&"):
            script += "for i in $(seq 100); do (echo > /dev/tcp/127.0.0.1/8765) 2>/dev/null && break; sleep 0.1; done\n"
    env = {**os.environ, **environment}
    done = subprocess.run(
        ["bash", "-c", script], cwd=copy, env=env, capture_output=True, text=True, start_new_session=True, timeout=540
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    if page == "README.md":
        assert "6 rendered" in done.stdout
        assert "6 reused" in done.stdout
        assert (copy / "out/demo/manifest.parquet").is_file()


@pytest.mark.parametrize("block", blocks("README.md", "toml"))
def test_every_config_of_the_readme_loads(block: str, tmp_path: Path) -> None:
    """A config shown in the README is one."""
    file = tmp_path / "shown.toml"
    file.write_text(block)
    assert settings.load_settings(file, {}).chains[""].routes


KEYS = ("ARK", "RUNWARE", "OPENROUTER", "FAL", "RUNWAY", "OPENAI_VIDEOS")


@pytest.mark.parametrize("key", [f"{name}_API_KEY" for name in KEYS])
def test_that_one_key_is_enough_for_the_first_paid_clip(key: str, typed: Callable[..., Ran], tmp_path: Path) -> None:
    """The README's line has a usable, living route with any one of the keys that it names, within its budget."""
    (block,) = [block for block in blocks("README.md", "sh") if "export" in block]
    assert key in block
    words = block.splitlines()[-1].split()[2:]
    words = [str(ROOT / word) if word.startswith(("data/", "configs/")) else word for word in words]
    words[words.index("--to") + 1] = str(tmp_path / "first")
    planned = typed("plan", *words, "--json", **{key: "none"})
    assert (planned.code, len(planned.told["shots"])) == (0, 1)
    assert 0 < float(planned.told["totals"]["quoted_usd"]) < 2
    assert not [line for line in planned.told["warnings"] if "retire" in line]


def test_the_table_of_routes_is_computed() -> None:
    """What 120 shots of 5 s cost by each route of live.toml is the price list's, and the README says so."""
    chains, known = settings.load_settings("live.toml", {}).chains, load_catalogue()
    routes = dict.fromkeys(route for chain in chains.values() for route in chain.routes["text_to_video"])
    lines = ["| route | 5 s at 1280x720 | 120 shots of it | its price |", "|---|---|---|---|"]
    for route in routes:
        model = known.model(route)
        quote = model.price.quote(Usage(Decimal(5), 1280, 720))
        firm = "doubtful" if model.low_confidence else "documented"
        lines.append(f"| `{route}` | {quote:.4f} | {120 * quote:.2f} | {firm} |")
    table = "\n".join(lines)
    assert f"\n\n{table}\n\n" in (ROOT / "README.md").read_text(), f"the README should have:\n\n{table}\n"


@pytest.mark.parametrize("block", blocks("README.md", "csv"))
def test_every_board_of_the_readme_reads(block: str) -> None:
    """A shot list shown in the README is one."""
    board = reader.read(block.encode(), "shown.csv", settings.load_settings(None, {}), "/boards")
    assert [shot.shot_id for shot in board.shots] == ["A1", "A2"]
    assert board.extra_columns == ("Camera",)


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    """A relative link or picture of a page is there."""
    for target in re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text()):
        if not host_of(target)[0] and not target.startswith("#"):
            assert (ROOT / target.partition("#")[0]).exists(), f"{page}: {target}"
