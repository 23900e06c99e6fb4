"""How a season is divided: its shots into parts, its money and its limits among them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from pydantic import BaseModel, Field

from tasks.config import Settings
from tasks.domain.money import ZERO
from tasks.domain.plan import Plan
from tasks.domain.result import Attempt
from tasks.domain.shot import Shot

CENT_MILLIONTH = Decimal("0.000001")
Ids = tuple[str, ...]


class SeasonPart(BaseModel):
    """What a part knows of its season. ``attempt`` is the part's own word, new whenever it is started again."""

    name: str = Field(description="Pass and place, such as part-1-003")
    attempt: str = Field(description="The token of the part's own lock")
    run_id: str = Field(description="The season's run")
    token: str = Field(description="The token of the season's lock")
    lease: float = Field(gt=0, description="Seconds without a heartbeat after which a lock is dead")
    ways: int = Field(ge=1, description="Parts in flight at once, among which limits are divided")
    board: str = Field("", description="The sha256 of the board as the season read it, of which it keeps a copy")


def split(shots: Sequence[Shot], most: int) -> list[Ids]:
    """The shot ids in parts of at most ``most``, cut at scene borders.

    A remix and the row it starts from stay together, whatever their scenes, and in a part of their own where
    their chain alone is longer. A scene is cut inside where it is longer than a part, and where scenes left whole would
    make more parts: the last one would begin when the others are done.
    """
    pieces: list[list[int]] = []
    for group in _joined(shots, by_scene=True):
        pieces += [group] if len(group) <= most else _pack(_joined(shots, by_scene=False, within=group), most)
    parts, closer = _pack(pieces, most), _pack(_joined(shots, by_scene=False), most)
    return [tuple(shots[i].shot_id for i in part) for part in min(parts, closer, key=len)]


def _joined(shots: Sequence[Shot], *, by_scene: bool, within: Sequence[int] | None = None) -> list[list[int]]:
    """Positions that belong together, each group in board order, groups by their first shot."""
    chosen = list(range(len(shots)) if within is None else within)
    place = {shots[i].shot_id: i for i in chosen}
    group = {i: i for i in chosen}

    def head(i: int) -> int:
        while group[i] != i:
            group[i] = i = group[group[i]]
        return i

    for before, i in zip([-1, *chosen], chosen, strict=False):
        if by_scene and before >= 0 and shots[before].scene == shots[i].scene:
            group[head(i)] = head(before)
        if shots[i].source_shot in place:
            a, b = sorted((head(i), head(place[shots[i].source_shot])))
            group[b] = a
    found: dict[int, list[int]] = {}
    for i in chosen:
        found.setdefault(head(i), []).append(i)
    return list(found.values())


def _pack(groups: Sequence[list[int]], most: int) -> list[list[int]]:
    """Neighbouring groups together, as long as they fit."""
    packed: list[list[int]] = []
    for group in groups:
        if packed and len(packed[-1]) + len(group) <= most:
            packed[-1] = packed[-1] + group
        else:
            packed.append(list(group))
    return packed


def shares(left: Decimal | None, quotes: Sequence[Decimal]) -> list[Decimal | None]:
    """US dollars that each part may spend of what is left, in proportion to its quotes; together never more than that.

    None where nothing limits the season.
    """
    if left is None:
        return [None] * len(quotes)
    total, left = sum(quotes, ZERO), max(left, ZERO)
    if not total:
        return [ZERO] * len(quotes)
    return [(left * quote / total).quantize(CENT_MILLIONTH, ROUND_DOWN) for quote in quotes]


def todays_share(share: Decimal | None, whole: Decimal | None, own: Decimal, all_: Decimal) -> Decimal | None:
    """What a part may have committed at its end: its share, but with its own orders not more than is left by now of
    the ``whole`` budget. ``own`` is what it has committed so far, ``all_`` what the target has."""
    if share is None or whole is None:
        return share
    return min(share, own + max(whole - all_, ZERO))


def lost_by(run_id: str, attempts: Iterable[Attempt]) -> Decimal:
    """US dollars that the run has put into attempts that gave no good clip, charged or at risk."""
    ours = [
        a
        for a in attempts
        if run_id in (a.run_id, a.settled_by) and (a.clip is None or a.qa) and a.outcome != "pending"
    ]
    return sum((a.charged + a.at_risk for a in ours), ZERO)


def in_flight(plan: Plan, settings: Settings, asked: int, parts: int) -> int:
    """How many parts may run at once: as many as were ``asked`` for, but not more than shots may be in flight, nor than
    any gateway of the plan has places, because each part needs one of its own."""
    used = {offer.route.model.provider for shot in plan.shots if shot.renders for offer in shot.offers if offer.paid}
    return max(
        1, min([asked, parts, settings.render.concurrency, *(settings.providers[name].max_in_flight for name in used)])
    )


def divide_settings(settings: Settings, ways: int) -> Settings:
    """The settings of one of ``ways`` parts: its share of places, of submits a minute and of what may be wasted."""
    if ways == 1:
        return settings
    providers = {
        name: replace(p, max_in_flight=max(1, p.max_in_flight // ways), submits_per_minute=p.submits_per_minute / ways)
        for name, p in settings.providers.items()
    }
    wasted = settings.render.max_wasted_usd
    render = replace(
        settings.render,
        concurrency=max(1, settings.render.concurrency // ways),
        max_wasted_usd=None if wasted is None else wasted / ways,
    )
    return replace(settings, providers=providers, render=render)


def quotes_of(plan: Plan, parts: Sequence[Ids]) -> list[Decimal]:
    """US dollars that the plan quotes for the shots of each part."""
    quoted: Mapping[str, Decimal] = {shot.shot.shot_id: shot.quoted for shot in plan.shots}
    return [sum((quoted[name] for name in part), ZERO) for part in parts]
