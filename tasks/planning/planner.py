"""What is to be done with every shot, by which routes, and what it comes to. Decides everything, spends nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tasks.config import Catalogue, Settings, unreachable
from tasks.domain.errors import Fault
from tasks.domain.identity import key_of
from tasks.domain.plan import Action, LeftOut, Plan, ShotPlan
from tasks.domain.result import Attempt
from tasks.domain.shot import Shot, Size, Storyboard
from tasks.domain.takes import Asked, Need, Takes, is_stand_in
from tasks.ledger import UNSETTLED, Claim, KeyHistory, Ledger, doubts, is_refused, keys_of, lineage_of, need_of, worth
from tasks.planning.chains import describe_chains, describe_stale, left_out, seconds_of
from tasks.planning.drafts import Drafts, begins_paid, describe_rejected, describe_waiting, waiting
from tasks.planning.fingerprints import Fingerprints
from tasks.planning.mending import describe_mending, mending
from tasks.planning.offers import Found, OfferFinder, offer_warnings
from tasks.planning.snapshot import ShotSelection, Snapshot, sources_first
from tasks.planning.wishes import describe_wishes
from tasks.transport import is_named

NOTHING = KeyHistory()  # what the ledger has of a key that it does not know; never written to
NOBODY = ShotSelection()


SHARED = ShotPlan._fields.index("action")  # from here on the plans of shots that are alike say the same


class Planner:
    """Plans one storyboard against what is known. ``faults`` holds what forbids a start."""

    def __init__(
        self,
        board: Storyboard,
        snapshot: Snapshot,
        ledger: Ledger,
        settings: Settings,
        catalogue: Catalogue,
        named: ShotSelection = NOBODY,
    ) -> None:
        self.board, self.snapshot, self.ledger = board, snapshot, ledger
        self.settings, self.catalogue = settings, catalogue
        self.only, self.rerender, self.skip_unusable = named.only, named.rerender, named.skip_unusable
        self.faults: list[Fault] = []
        self.told: list[str] = []  # what else its plan is to say
        self.finder = OfferFinder(settings, catalogue, snapshot.today, snapshot.signs)
        self.finder.lengths |= snapshot.lengths
        self.planned: dict[str, ShotPlan] = {}
        self.fresh: dict[tuple[object, ...], tuple[Any, ...]] = {}  # what plans of alike shots have in common
        self.drafts = Drafts(settings, named, self._found, catalogue, snapshot.today)
        self.unmade = {flag: NOTHING.takes(snapshot.shelf, flag) for flag in (True, False)}  # most of a large board

    def plan(self) -> Plan:
        """The plan of every row, in board order."""
        prints = Fingerprints(self.board, self.snapshot, self.ledger, self.only, self.rerender, self._unreachable)
        fingerprints, parts = prints.of_rows()
        keys = self._keys(fingerprints)
        for shot in sources_first(self.board.shots):
            name = shot.shot_id
            if shot.mode == "remix" and (source := self.planned.get(shot.source_shot)):
                self.finder.lengths[shot.source_shot] = seconds_of(source, self._takes(source))
            self.planned[name] = self._shot(shot, fingerprints.get(name, ""), keys.get(name, ""), parts[name])
        shots = self._with_stale(tuple(self.planned[shot.shot_id] for shot in self.board.shots))
        self.faults += self.drafts.faults
        wrong = (*self.snapshot.lacks, *self.finder.warnings) if any(s.renders for s in shots) else ()
        names = waiting(shots, self.ledger, self.snapshot.shelf)
        behind = (*describe_chains(self.board.shots), *describe_stale(shots))
        undecided = (*describe_waiting(names), *describe_rejected(shots, self.ledger, self.snapshot.shelf))
        warnings = (*self.board.told.lines, *wrong, *undecided, *behind, *self.told)
        return Plan(shots, self.board.extra_columns, warnings, self.snapshot.trusted, names)

    def _with_stale(self, shots: tuple[ShotPlan, ...]) -> tuple[ShotPlan, ...]:
        """The plans, with how those that start from another shot are behind it."""
        if not any(one.shot.source_shot for one in shots):
            return shots  # most boards
        lineage = lineage_of(self.planned, self.ledger.pages, self.snapshot.shelf)
        return tuple(one._replace(stale=lineage.stale(one.key)) if one.shot.source_shot else one for one in shots)

    def _keys(self, fingerprints: Mapping[str, str]) -> dict[str, str]:
        """The key of each row whose fingerprint is known. Rows that this run leaves alone keep theirs."""
        pages, snapshot = self.ledger.pages, self.snapshot
        if not (pages or snapshot.rows) and len({one[:16] for one in fingerprints.values()}) == len(fingerprints):
            return {name: key_of(one, 1) for name, one in fingerprints.items()}  # what follows would come to the same
        claims: dict[bool, list[Claim]] = {True: [], False: []}
        held = []
        for name in (shot.shot_id for shot in self.board.shots):
            selected, last = self._selected(name), snapshot.row_keys.get(name, "")
            if not selected and name in snapshot.rows:
                held.append(last)
            elif fingerprint := fingerprints.get(name, ""):
                stays = snapshot.rows.get(name, {}).get("fingerprint") == fingerprint
                claims[selected].append(Claim(name, fingerprint, last if stays else ""))
        wanted = {claim.fingerprint[:16] for claim in (*claims[True], *claims[False])}
        stock = [key for key, page in pages.items() if page.entries and key[:16] in wanted]
        return keys_of(claims[True], claims[False], held, lambda key: worth(pages.get(key), snapshot.shelf), stock)

    def _unreachable(self, attempt: Attempt) -> str:
        """Why today's config or keys cannot ask after the attempt's job; empty when they can."""
        base = str(self.ledger.record(attempt).get("base_url", ""))
        return unreachable(self.settings.providers.get(attempt.provider), attempt.provider, base)

    def _selected(self, shot_id: str) -> bool:
        return not self.only or shot_id in self.only

    def _shot(self, shot: Shot, fingerprint: str, key: str, parts: dict[str, Any]) -> ShotPlan:
        selected = self._selected(shot.shot_id)
        if not selected and shot.shot_id in self.snapshot.rows:
            kept = self.snapshot.rows[shot.shot_id]
            key = self.snapshot.row_keys.get(shot.shot_id, "")
            fingerprint = str(kept.get("fingerprint") or "")
            return ShotPlan(shot, False, fingerprint, key, parts, "keep", kept=kept)
        alike, faults = self._alike(shot, key, selected=selected), len(self.faults)
        if alike in self.fresh:
            return ShotPlan(shot, selected, fingerprint, key, parts, *self.fresh[alike])
        plan = self._decide(shot, fingerprint, key, parts)
        if alike and not plan.left_out and len(self.faults) == faults:
            self.fresh[alike] = plan[SHARED:]
        return plan

    def _alike(self, shot: Shot, key: str, *, selected: bool) -> tuple[object, ...]:
        """All that the plan of a shot goes by which names no file and no other shot, and was never ordered: most of a
        large board are alike. Empty for any other."""
        files = shot.image or shot.source or shot.source_shot or shot.last_image or shot.references
        known = key in self.ledger.pages or shot.shot_id in self.snapshot.rows or shot.shot_id in self.rerender
        if files or known or shot.warnings:
            return ()
        says = bool(shot.negative_prompt)
        return shot.route, shot.mode, shot.seconds, shot.size, shot.audio, says, shot.takes, selected

    def _decide(self, shot: Shot, fingerprint: str, key: str, parts: dict[str, Any]) -> ShotPlan:
        selected = self._selected(shot.shot_id)
        found, page = self._offers(shot), self.ledger.pages.get(key, NOTHING)
        attempts, stand_ins = page.attempts(), begins_paid(found)
        takes = self.unmade[stand_ins] if page is NOTHING else page.takes(self.snapshot.shelf, stand_ins)
        wants = self.drafts.asked(shot, paid=stand_ins)
        made = takes.in_use if attempts else None
        stand_in, need = is_stand_in(made, stand_ins), self._need(shot, takes, wants)
        if need.grade == "draft":
            found = self.drafts.offers(shot)
        elif need.drafts:
            found = self.drafts.finishing(found, need, attempts)
        if attempts:
            found, need, wants = mending(found, need, wants, attempts, self.settings.quality.on_bad)
        offers, passed_over = found
        action, changed = self._action(shot, page, takes, need, parts)
        jobs = self._jobs(shot, takes, wants) if attempts else 0
        open_orders = {} if shot.shot_id in self.rerender or not attempts else doubts(page, need.grade)
        said = self._shot_warnings(shot, action, found, stand_in=stand_in, collects=jobs > 0)
        if page is not NOTHING:
            said = (*said, *self.drafts.told(need, found, attempts), *describe_wishes(takes, need))
            said = (*said, *describe_mending(need, attempts))
        plan = ShotPlan(
            *(shot, selected, fingerprint, key, parts, action, changed, offers, passed_over, said, jobs > 0),
            doubts=open_orders,
            asked=wants,
            need=need,
            jobs=jobs,
            gateway_first=stand_ins,
        )
        if selected and (less := self._check(plan, attempts)):
            return plan._replace(left_out=less, warnings=(*plan.warnings, f"left out: {less.reason}"))
        return plan

    def _need(self, shot: Shot, takes: Takes, asked: Asked) -> Need:
        """What is to be ordered: one more, or what is missing if that is more, where the user has named the shot."""
        return need_of(replace(takes, wished=True) if shot.shot_id in self.rerender else takes, asked)

    def _jobs(self, shot: Shot, takes: Takes, asked: Asked) -> int:
        """How many jobs bought earlier are asked first: not settled, or such whose clip the target lost."""
        jobs = [a for a in takes.attempts if a.outcome in UNSETTLED]
        if not takes.wished and shot.shot_id not in self.rerender:
            jobs += takes.missed(asked)
        return sum(not self._unreachable(a) for a in jobs)

    def _action(
        self, shot: Shot, page: KeyHistory, takes: Takes, need: Need, parts: Mapping[str, Any]
    ) -> tuple[Action, tuple[str, ...]]:
        if shot.shot_id in self.rerender:
            return "rerender", ()
        if not page.entries and shot.shot_id not in self.snapshot.rows:
            return "new", ()  # most shots of a large board; what follows would come to the same
        if is_refused(page):
            return "keep", ()
        if page.open_wish is not None and page.entries:
            return "rerender", ()
        made = takes.in_use
        if made is not None or takes.said:
            keeps = not need.missing and not is_stand_in(made, takes.stand_ins)
            return ("keep", ()) if keeps else ("rerender", ())
        row = self.snapshot.rows.get(shot.shot_id, {})
        old_key = self.snapshot.row_keys.get(shot.shot_id, "")
        if row.get("status") in ("failed", "skipped", None) or page.entries:
            return "new", ()
        before: Mapping[str, Any] = next((e.record["parts"] for e in self._entries(old_key)), {})
        changed = _changed(before, parts)
        return ("rerender", changed if before else ()) if changed else ("new", ())  # one more row that asks alike

    def _entries(self, key: str) -> list[Any]:
        return list(self.ledger.pages[key].entries.values()) if key in self.ledger.pages else []

    def _check(self, plan: ShotPlan, attempts: tuple[Attempt, ...]) -> LeftOut | None:
        """Faults that forbid a start: no usable route, no source clip, a job that cannot be asked after. Where the user
        would rather go on without a shot, why it is left out instead."""
        shot, named = plan.shot, plan.shot.shot_id in self.rerender
        for attempt in attempts:
            if attempt.outcome in UNSETTLED and not named and (reason := self._unreachable(attempt)):
                said = f"job {attempt.job_id} bought at {attempt.route} cannot be asked after: {reason}"
                self._fault(shot, "", "", f"{said}; or name the shot in --rerender and risk its money")
        if plan.action == "keep":
            return None
        source = self.planned.get(shot.source_shot)
        if source is not None and source.left_out and not plan.collects and not self._has_clip(source):
            return LeftOut("Source", f"{shot.source_shot} is left out and has no clip")
        if source is not None and not plan.collects and (waits := self._waits(shot, source)):
            return waits
        if not plan.offers and not plan.collects and not (plan.need.grade == "draft" and self.drafts.faults):
            asked = self.drafts.routed(shot) if plan.need.grade == "draft" else shot
            why = self.finder.why_none(asked, plan.passed_over)
            if plan.need.drafts and plan.passed_over:
                return LeftOut("NoRoute", f"{why} ([render] redraft = true orders it plainly)")
            if self.skip_unusable:
                return LeftOut("NoRoute", why)
            self._fault(shot, "route", shot.route, why)
        if source is not None and not source.selected and not self._has_clip(source):
            column = "continues" if shot.continues else "source"
            self._fault(shot, column, shot.source_shot, "is not selected and has no clip: add it to --only")
        return None

    def _waits(self, shot: Shot, source: ShotPlan) -> LeftOut | None:
        return left_out(shot, source, self._takes(source), self.ledger.pages.get(source.key, NOTHING).asked_takes)

    def _has_clip(self, plan: ShotPlan) -> bool:
        return self._takes(plan).done(plan.asked)

    def _takes(self, plan: ShotPlan) -> Takes:
        return self.ledger.pages.get(plan.key, NOTHING).takes(self.snapshot.shelf, plan.stand_ins)

    def _fault(self, shot: Shot, column: str, value: str, message: str) -> None:
        self.faults.append(Fault(shot.row, shot.shot_id, column, value, message))

    def _offers(self, shot: Shot) -> Found:
        """Usable routes and the reasons of the others. A remix goes by its source's first route, so that a board
        that could start once always can; where that suits none, by whoever made the clip that is there."""
        offers, passed_over = self._found(shot)
        source = self.planned.get(shot.source_shot)
        if offers or source is None:
            return offers, passed_over
        if (made := self._takes(source).in_use) is None:
            return offers, passed_over
        return self.finder.offers(shot, self._image_of(shot), made.provider)

    def _found(self, shot: Shot) -> Found:
        return self.finder.offers(shot, self._image_of(shot), self._remix_of(shot))

    def _remix_of(self, shot: Shot) -> str:
        """Who makes the source clip: the provider of the row's first route, ``url`` for a public file, or ``file``."""
        if shot.source:
            return "url" if self._has_address(shot.source) else "file"
        source = self.planned.get(shot.source_shot)
        if source is None:
            return ""
        offers = source.offers or self._found(source.shot)[0]
        return offers[0].route.model.provider if offers else "file"

    def _has_address(self, source: str) -> bool:
        """Whether a gateway may be told the address: https, or http at a host that ``[images] allow_hosts`` names."""
        allowed = self.settings.images.allow_hosts
        return source.startswith("https://") or (source.startswith("http://") and is_named(source, {*allowed}))

    def _image_of(self, shot: Shot) -> tuple[str, Size | None]:
        """How the image could travel as it is: ``url`` and its size, known or not yet; else nothing."""
        if shot.mode != "image_to_video" or not shot.image.startswith(("https://", "http://")):
            return "", None
        size = self.snapshot.sizes.get(shot.image)
        return "url", Size(*size) if size else None

    def _shot_warnings(
        self, shot: Shot, action: Action, found: Found, *, stand_in: bool, collects: bool
    ) -> tuple[str, ...]:
        said, (offers, passed_over) = list(shot.warnings), found
        if action == "keep":
            return ()
        if stand_in:
            said.append("what it has is a stand-in by the built-in renderer")
        if offers:
            foreign = shot.mode == "remix" and self._remix_of(shot) != offers[0].route.model.provider
            said += offer_warnings(shot, offers[0], self.snapshot.sizes.get(shot.image), foreign_source=foreign)
            said += self.finder.unmeasured(shot, offers[0])
        if collects:
            said.append("a job bought earlier is asked first")
        return tuple(said + [f"passed over: {reason}" for reason in passed_over])


def _changed(before: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that ask for something else. ``fit`` comes and goes with the image, and then was not changed."""
    names = [name for name, value in parts.items() if before.get(name) != value]
    return tuple(name for name in names if name != "fit" or (parts["fit"] and before.get("fit")))
