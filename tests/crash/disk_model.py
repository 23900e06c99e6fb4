"""What a disk may hold after a power cut, told from the steps that a process took. Pure.

Promised is only what was synced: the bytes of a file by a sync of the file, a name by a sync of its folder. What was
not may have come all the same, in any order: a name before the bytes, one change of a folder without the one before it.
"""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

Image = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """One step at the files (``act`` is the method's name), or something that the world saw between two of them."""

    act: str
    path: str = ""
    to: str = ""
    data: bytes = b""


@dataclass(eq=False, slots=True)
class Node:
    """A file or a folder, whatever its names."""

    folder: bool = False
    data: bytes = b""
    synced: bytes = b""


Change = dict[str, Node | None]  # names given and taken away in one step, all in one folder


@cache
def above_of(name: str, root: str) -> tuple[str, ...]:
    """The folders below the root that a name lies in; asked of each name after each step, and always the same."""
    return tuple(str(above) for above in PurePath(name).parents if PurePath(root) in above.parents)


@dataclass
class Disk:
    """What processes see below ``root``, and what of it has reached the disk."""

    root: str
    seen: dict[str, Node] = field(default_factory=dict)
    held: dict[str, Node] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Follow one step; what is not below the root, and what is no step at a file, changes nothing."""
        if step.path.startswith(self.root) and (act := getattr(self, f"_{step.act}", None)):
            act(step)

    def images(self) -> Iterator[Image]:
        """The worst that a cut may leave now: nothing that is not promised, each change alone, and all of them;
        each time without the bytes that were not synced."""
        folders = [change for change in self.pending if any(node and node.folder for node in change.values())]
        yield self._image([])
        for change in self.pending:
            yield self._image([*folders, change])
        yield self._image(self.pending)

    def _image(self, kept: list[Change]) -> Image:
        names: dict[str, Node | None] = {**self.held}
        for change in kept:
            names.update(change)
        there = {name: node for name, node in names.items() if node is not None}
        return {
            name[len(self.root) :].lstrip("/"): node.synced
            for name, node in there.items()
            if not node.folder and all(above in there for above in above_of(name, self.root))
        }

    def _change(self, **names: Node | None) -> None:
        self.pending.append(names)
        for name, node in names.items():
            if node is None:
                self.seen.pop(name, None)
            else:
                self.seen[name] = node

    def _open(self, step: Step) -> None:
        self._change(**{step.path: Node()})

    def _write(self, step: Step) -> None:
        self.seen[step.path].data += step.data

    def _sync(self, step: Step) -> None:
        self.seen[step.path].synced = self.seen[step.path].data

    def _mkdir(self, step: Step) -> None:
        self._change(**{step.path: Node(folder=True)})

    def _rename(self, step: Step) -> None:
        self._change(**{step.to: self.seen[step.path], step.path: None})

    def _link(self, step: Step) -> None:
        self._change(**{step.to: self.seen[step.path]})

    def _unlink(self, step: Step) -> None:
        self._change(**{step.path: None})

    def _sync_folder(self, step: Step) -> None:
        left = []
        for change in self.pending:
            if any(str(PurePath(name).parent) == step.path for name in change):
                for name, node in change.items():
                    self.held.pop(name, None)
                    self.held |= {name: node} if node else {}
            else:
                left.append(change)
        self.pending = left


def steps_of(log: Path) -> list[Step]:
    """The steps that were written down, however the process ended."""
    found: list[Step] = []
    with log.open("rb") as source:
        while source.peek(1):
            try:
                found.append(pickle.load(source))
            except EOFError:  # killed while it wrote
                break
    return found


def rebuilt(image: Image, folder: Path) -> None:
    """A folder that holds just this."""
    for name, data in image.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
