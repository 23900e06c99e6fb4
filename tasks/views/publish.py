"""What people look at, made from the tables at a target: the report, the timeline, the rough cut.

Views are made after the manifest and cannot damage it: one that fails is reported and left out.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tasks.config import MarkSettings
from tasks.domain import machine
from tasks.domain.errors import StoryreelError, TargetError
from tasks.domain.progress import Progress
from tasks.domain.request import VIEWS, View, ViewSelection
from tasks.domain.result import Clip
from tasks.ledger import Ledger, Verdicts, now, read_verdicts
from tasks.manifest import SHEET, RowSound, dump_sounds, load_attempts, load_sounds, read_manifest
from tasks.storage import Store
from tasks.views.sound.cues import languages_of, place_lines, place_sounds, sound_of, times_of
from tasks.views.takes import read_takes, with_parts
from tasks.views.timeline.cut import Cut, Item, cut_of

Rows = list[dict[str, Any]]


class Tables(NamedTuple):
    """The shots of a manifest, and what it says of itself."""

    rows: Rows
    head: Mapping[str, Any]


class ViewPublisher:
    """Makes the views of one target. ``folder`` is scratch space on this machine.

    ``spare``: a rough cut that shows the very same clips in the same order is left as it is. ``mark`` says who signs.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        progress: Progress,
        ledger: Ledger | None = None,
        *,
        spare: bool = False,
        mark: MarkSettings | None = None,
    ) -> None:
        self.store, self.folder, self.progress, self.ledger, self.spare = store, folder, progress, ledger, spare
        self.missed = False  # a clip could not be had
        self.mark = mark
        self.cut_made: tuple[Tables, Cut] | None = None

    async def make(self, views: ViewSelection) -> list[str]:
        """Write the chosen views, and those that are only made when asked for and are there: they would show what is
        not in use any more. Gives the reasons of those that could not be made.

        Raises ``TargetError`` when the target has no manifest.
        """
        tables: Tables = await self._step(self.tables)
        problems = []
        due = await asyncio.to_thread(self._due, views)
        for view in sorted(due, key=lambda view: list(BUILDERS).index(view.name)):
            try:
                await self._step(BUILDERS[view.name], self, tables, view.file)
            except (StoryreelError, OSError) as error:
                problems.append(f"{view.file} was not made: {error}")
        for problem in problems:
            self.progress.line(problem)
        return problems

    async def _step(self, act: Callable[..., Any], *args: Any) -> Any:
        """Do it in a thread; before, what the step before has freed is given back."""
        await asyncio.to_thread(machine.give_back)
        return await asyncio.to_thread(act, *args)

    def _due(self, views: ViewSelection) -> list[View]:
        there = [one for one in VIEWS.values() if not one.default and one not in views.chosen]
        return [*views.chosen, *(one for one in there if self.store.exists(one.file))]

    def tables(self) -> Tables:
        """The shots of the manifest as it was last written. Raises ``TargetError`` when the target has none."""
        try:
            data = self.store.read("manifest.json")
        except FileNotFoundError as error:
            raise TargetError(f"{self.store.url} has no manifest.json: nothing to show") from error
        return Tables(*read_manifest(data))

    def make_timeline(self, tables: Tables, file: str) -> None:
        """Write the cut for an editing program, in the format that the file's ending names."""
        from tasks.views.timeline.formats import write_timeline

        name = Path(str(tables.head.get("board") or "")).stem or "storyreel"
        takes = read_takes(self.store, tables.rows, self.known()) if file.endswith(".otio") else ()
        out = self.folder / f"{uuid.uuid4().hex}{Path(file).suffix}"
        try:
            write_timeline(self.cut(tables), out, name=name, takes=takes)
            self.store.put(file, out)
        finally:
            out.unlink(missing_ok=True)

    def cut(self, tables: Tables) -> Cut:
        """Where each shot lies in reel and timelines, with what the ledger knows of its clip; the views share it."""
        if self.cut_made is None or self.cut_made[0] is not tables:
            self.cut_made = tables, self._cut(tables)
        return self.cut_made[1]

    def _cut(self, tables: Tables) -> Cut:
        clips = {one.clip.path: one.clip for one in self.known().history() if one.clip}
        silent = [str(row["clip"]) for row in tables.rows if row.get("has_sound") is None and row["clip"] in clips]
        clips |= {path: self._listen(clips[path]) for path in silent if self.store.local}
        plain = cut_of(tables.rows, clips)
        cues = place_sounds(tables.rows, self.sounds(), times_of(plain))
        return plain.with_sounds([sound_of(cue) for cue in cues])

    def _listen(self, clip: Clip) -> Clip:
        """A clip whose record does not say what sound it has, as 0.1 wrote it, with what its file says."""
        from tasks.views.reel import footage

        with contextlib.suppress(*footage.BROKEN):
            return footage.listen(clip, Path(self.store.full(clip.path)))
        return clip

    def sounds(self) -> dict[str, RowSound]:
        """What is heard with each shot, by shot_id. Raises ``TargetError`` when its sheet cannot be read."""
        try:
            return load_sounds(self.store.read(SHEET))
        except FileNotFoundError:
            return {}

    def make_captions(self, tables: Tables, file: str) -> None:
        """Write the captions, a pair of files for each language; none where nobody speaks, and empty ones where those
        of an earlier run lie."""
        from tasks.views.sound import captions

        sounds, stem, times = self.sounds(), file.rpartition(".")[0], times_of(self.cut(tables))
        spoken = languages_of(sounds) or (("",) if self.store.exists(file) else ())
        for language in dict.fromkeys(("", *spoken) if spoken else ()):
            lines = place_lines(tables.rows, sounds, times, language or spoken[0])
            name = f"{stem}.{language}" if language else stem
            self.store.write(f"{name}.srt", captions.srt(lines))
            self.store.write(f"{name}.vtt", captions.vtt(lines))

    def make_workbook(self, tables: Tables, file: str) -> None:
        """Write the manifest as a workbook."""
        from tasks.views import workbook

        self.store.write(file, workbook.xlsx(tables.rows))

    def make_report(self, tables: Tables, file: str) -> None:
        """Write the report. It links the rough cut where that is there."""
        takes = read_takes(self.store, tables.rows, self.known())
        self.store.write(file, self.page(tables, takes, read_verdicts(self.store, self.progress.line)))

    def page(self, tables: Tables, takes: Rows, verdicts: Verdicts, *, served: str | None = None) -> bytes:
        """The report as bytes. ``served`` is the name of who chooses in it, where a server takes the choices."""
        from tasks.views.report import page as report

        attempts = load_attempts(self.store.read("attempts.parquet"))
        costs = json.loads(self.store.read("costs.json"))
        board, run_id, target = (str(tables.head.get(name, "")) for name in ("board", "run_id", "target"))
        beside = tuple(name for name in report.MAYBE if self.store.exists(name))
        heading = report.Heading(board, run_id, now(), VIEWS["reel"].file in beside, target, beside)
        review = report.Review(takes, verdicts, served)
        return report.render_page(with_parts(tables.rows, self.known()), attempts, costs, heading, review)

    def known(self) -> Ledger:
        """The ledger of the target, read once."""
        self.ledger = self.ledger or Ledger(self.store, "").load()
        return self.ledger

    def make_reel(self, tables: Tables, file: str) -> None:
        """Write the rough cut, shot by shot as long as in the timelines."""
        from tasks.views.reel import reel
        from tasks.views.reel.seal import read_seal, seal, unseal

        cut = self.cut(tables)
        parts, shown = [self._part(item, cut) for item in cut.items], self.shown(cut)
        if self.spare and read_seal(self.store, file) == shown:
            return
        out, self.missed = self.folder / file, False
        with contextlib.ExitStack() as stack:
            beside = self._beside(tables, times_of(cut), stack)
            made = reel.join(parts, out, rate=cut.own_rate, progress=self._tell_reel, beside=beside)
        self.progress.flights.pop("reel", None)
        for shot_id, reason in made.skipped:
            self.progress.line(f"{file}: {shot_id} is a card: {reason}")
        for reason in made.unheard:
            self.progress.line(f"{file}: a sound is not heard: {reason}")
        if not self.missed:
            seal(out, shown)
        if self.mark and not self._sign(out, self.mark, tables.rows) and not self.missed:
            unseal(out)
        self.store.put(file, out)

    def shown(self, cut: Cut) -> bytes:
        """What stands for the content of a rough cut: the clips, the cards and how long each is seen, what is heard and
        said beside them, and who signs."""
        from tasks.views.reel.seal import digest_of

        parts = [(item, self._part(item, cut)) for item in cut.items]
        sounds = self.sounds()
        beside = [dump_sounds(sounds).decode()] if sounds else []
        beside += [str(self.mark)] if self.mark else []
        clips = [
            (str(cut.rate), one.shot_id, item.row["sha256"] if item.url else (one.scene, one.words), str(one.seconds))
            for item, one in parts
        ]
        return digest_of([*clips, *beside])

    def _sign(self, out: Path, mark: MarkSettings, rows: Rows) -> bool:
        """Sign the reel, and copies of its clips if asked: whether that was done. What cannot be signed stays as it is,
        and is told."""
        from tasks.media.origin import read_signer, sign
        from tasks.views.marking import sign_copies

        with contextlib.ExitStack() as stack:
            clips = [
                (str(row["clip"]), stack.enter_context(self._local(str(row["clip"])))) for row in rows if row["clip"]
            ]
            try:
                signer = read_signer(mark.certificate, mark.key)
                sign(out, signer, clips)
                for path, copy in sign_copies(signer, clips, self.folder) if mark.clips else ():
                    self.store.put(path, copy)
            except (StoryreelError, OSError) as error:
                self.progress.line(f"{out.name}: {error}")
                return False
        return True

    def _tell_reel(self, done: int, of: int) -> None:
        self.progress.say("reel", f"{done} of {of} shots")

    def _beside(self, tables: Tables, times: Sequence[Fraction], stack: contextlib.ExitStack) -> Any:
        """What goes into the reel beside the clips: sounds, each on this machine once until ``stack`` ends, and
        captions."""
        from tasks.views.marking import words_of
        from tasks.views.reel.beside import Beside, Line, Piece
        from tasks.views.sound.captions import shown_words

        sounds, here = self.sounds(), dict[str, Path]()

        def opened(path: str) -> contextlib.AbstractContextManager[Path]:
            if path not in here:
                here[path] = stack.enter_context(self._local(path))
            return contextlib.nullcontext(here[path])

        pieces = [
            Piece(cue.track, cue.start, cue.length, partial(opened, cue.file.path))
            for cue in place_sounds(tables.rows, sounds, times)
        ]
        lines = {name: place_lines(tables.rows, sounds, times, name) for name in languages_of(sounds)}
        captions = {
            name: [Line(one.start, one.end, shown_words(one)) for one in told] for name, told in lines.items() if told
        }
        return Beside(pieces, captions, {"comment": words_of(tables.rows)})

    def _part(self, item: Item, cut: Cut) -> Any:
        from tasks.views.reel.parts import Part

        row, clip = item.row, str(item.row["clip"] or "")
        words = ": ".join(str(part) for part in (row["status"], row["error_class"], row["error"]) if part)
        fetch = (lambda: self._local(clip)) if clip else None
        return Part(str(row["shot_id"]), cut.seconds(item.frames), fetch, scene=str(row["scene"]), words=words)

    @contextlib.contextmanager
    def _local(self, clip: str) -> Iterator[Path]:
        """A clip on this machine while it is needed: in its place on a local target, else a copy."""
        if self.store.local:
            path = Path(self.store.full(clip))
            self.missed |= not path.is_file()
            yield path
            return
        copy = self.folder / f"{uuid.uuid4().hex}.mp4"
        try:
            self.missed, missed = True, self.missed
            self.store.get(clip, copy)
            self.missed = missed
            yield copy
        finally:
            copy.unlink(missing_ok=True)


#: Who makes each view of `VIEWS`, in the order of making: the report comes last, because it tells of the others.
BUILDERS: Mapping[str, Callable[[ViewPublisher, Tables, str], None]] = {
    "timeline": ViewPublisher.make_timeline,
    "edl": ViewPublisher.make_timeline,
    "fcpxml": ViewPublisher.make_timeline,
    "xml": ViewPublisher.make_timeline,
    "xlsx": ViewPublisher.make_workbook,
    "captions": ViewPublisher.make_captions,
    "reel": ViewPublisher.make_reel,
    "report": ViewPublisher.make_report,
}
