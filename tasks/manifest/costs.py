"""What a target cost: its attempts added up by row, provider, model, scene and mode. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeVar

from tasks.domain.money import ZERO, usd, usd_text
from tasks.domain.result import Attempt, ShotResult, has_own_clip
from tasks.domain.takes import Shelf, attempts_with_clip

SCHEMA_VERSION = 2

Purchase = tuple[str, int]  # key and n: an attempt's name in the ledger
Use = Literal["in use", "alternate", "wasted", "superseded"]
Item = TypeVar("Item")


class Delivery(NamedTuple):
    """A clip in use: whether the shot may call it its own (a stand-in is not), and its length in seconds."""

    own: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Money:
    """The money columns in US dollars. ``quoted`` is that of orders which were accepted. Of ``charged``, the part under
    keys of today's rows is in use, alternates or wasted."""

    quoted: Decimal = ZERO
    charged: Decimal = ZERO
    wasted: Decimal = ZERO
    at_risk: Decimal = ZERO
    in_use: Decimal = ZERO
    alternates: Decimal = ZERO

    def cells(self) -> dict[str, Decimal]:
        """The amounts under the names of their columns, in the order of the columns."""
        return {
            "quoted_usd": self.quoted,
            "charged_usd": self.charged,
            "wasted_usd": self.wasted,
            "at_risk_usd": self.at_risk,
            "in_use_usd": self.in_use,
            "alternates_usd": self.alternates,
        }


@dataclass(frozen=True, slots=True)
class Books:
    """Results and history of a target, indexed once.

    ``by_row[i]`` holds the attempts that row i pays for, oldest first; an attempt is in one row at most. ``delivered``
    has the clips in use by the attempt that made them. ``takes`` are the attempts of a row whose clip is at the target
    and no stand-in, ``kept`` all whose clip is there. ``superseded`` are the keys of the history that no row has.
    """

    results: tuple[ShotResult, ...]
    history: tuple[Attempt, ...]
    by_row: tuple[tuple[Attempt, ...], ...]
    makers: tuple[Attempt | None, ...]
    delivered: Mapping[Purchase, Delivery]
    takes: frozenset[Purchase]
    kept: frozenset[Purchase]
    superseded: frozenset[str]

    def money(self, attempts: Iterable[Attempt]) -> Money:
        """The sums over ``attempts``, each charge counted by what it bought as the target is now."""
        listed = tuple(attempts)
        use = dict.fromkeys(("in use", "alternate", "wasted", "superseded"), ZERO)
        for one in listed:
            use[self.use_of(one)] += one.charged
        return Money(
            sum((one.quoted_if_accepted for one in listed), ZERO),
            sum((one.charged for one in listed), ZERO),
            use["wasted"],
            sum((one.at_risk for one in listed), ZERO),
            use["in use"],
            use["alternate"],
        )

    def use_of(self, attempt: Attempt) -> Use:
        """What the attempt's charge bought: the clip in use, another one at the target, or none. A charge under a key
        that no row has is superseded, never wasted."""
        name = (attempt.key, attempt.n)
        if attempt.key in self.superseded:
            return "superseded"
        return "in use" if name in self.delivered else "alternate" if name in self.kept else "wasted"

    def count(self, attempts: Iterable[Attempt]) -> int:
        """How many of the attempts brought a take that is still at the target."""
        return sum((one.key, one.n) in self.takes for one in attempts)


def status_of(result: ShotResult) -> str:
    """The status of a row; a kept row has the one of the last manifest, with ``reused`` for ``rendered``."""
    if result.kept is None:
        return result.status
    status = str(result.kept.get("status") or result.status)
    return "reused" if status == "rendered" else status


def books(results: Sequence[ShotResult], history: Sequence[Attempt], shelf: Shelf) -> Books:
    """Index a target: ``results`` in board order, ``history`` with every attempt ever made there, ``shelf`` with the
    clips that are there."""
    by_key = {
        key: tuple(sorted(made, key=lambda one: one.n)) for key, made in _grouped(history, lambda one: one.key).items()
    }
    payer = _payers(results)
    makers = tuple(_maker(one, by_key.get(one.key, ())) for one in results)
    used = [(one, made) for one, made in zip(results, makers, strict=True) if made is not None]
    delivered = {(made.key, made.n): _delivery(one) for one, made in used}
    there = [one for key in by_key.keys() & payer.keys() for one in attempts_with_clip(by_key[key], shelf)]
    own = [one for one in there if one.brought_own_clip and (one.key, one.n) not in delivered]
    return Books(
        results=tuple(results),
        history=tuple(history),
        by_row=tuple(by_key.get(one.key, ()) if payer[one.key] == i else () for i, one in enumerate(results)),
        makers=makers,
        delivered=delivered,
        takes=frozenset((*((a.key, a.n) for a in own), *_own(used))),
        kept=frozenset((one.key, one.n) for one in there),
        superseded=frozenset(by_key.keys() - payer.keys()),
    )


def _own(used: Iterable[tuple[ShotResult, Attempt]]) -> Iterator[Purchase]:
    """The clips in use that are takes: a shot's own, and a draft where a final is asked for."""
    for result, made in used:
        if _delivery(result).own or (made.grade == "draft" and made.brought_own_clip):
            yield made.key, made.n


def total_costs(
    results: Sequence[ShotResult], history: Sequence[Attempt], shelf: Shelf, *, run_id: str, budget: Decimal | None
) -> dict[str, Any]:
    """The content of ``costs.json``: counts, seconds, and money as text, ready for JSON.

    ``history`` is every attempt in the ledger over all runs, ``shelf`` are the clips at the target; ``budget`` is the
    target's in US dollars, None where there is none. In the result ``seconds`` counts the clips in use with stand-ins,
    ``clips`` those without, ``takes`` all clips at the target but stand-ins.
    """
    return costs_of(books(results, history, shelf), run_id=run_id, budget=budget)


def costs_of(known: Books, *, run_id: str, budget: Decimal | None) -> dict[str, Any]:
    """As `total_costs`, from books that are already indexed."""
    rows = range(len(known.results))
    lost = known.money(one for one in known.history if one.key in known.superseded)
    return {
        "schema_version": SCHEMA_VERSION,
        "currency": "USD",
        "budget_usd": None if budget is None else usd_text(budget),
        "totals": _bucket(known, len(rows), map(_delivery, known.results), known.history),
        "this_run": _of_attempts(known, [one for one in known.history if one.run_id == run_id]),
        "superseded_usd": usd_text(lost.charged + lost.at_risk),
        "by_provider": _by_attempt(known, lambda one: one.provider),
        "by_model": _by_attempt(known, lambda one: one.route),
        "by_scene": _by_row(known, "scene"),
        "by_mode": _by_row(known, "mode"),
    }


def _payers(results: Sequence[ShotResult]) -> dict[str, int]:
    """Key -> the one row that pays for it.

    A kept row comes from an older board and can have a key that another row has now: counted twice, the sums of the
    manifest would be wrong.
    """
    payer: dict[str, int] = {}
    for i in sorted(range(len(results)), key=lambda i: results[i].kept is not None):
        payer.setdefault(results[i].key, i)
    return payer


def _maker(result: ShotResult, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that made the clip in use; of a kept row the last one that made the clip which the row names."""
    if result.made_by is not None or result.kept is None:
        return result.made_by
    named = (result.kept.get("clip"), result.kept.get("sha256"))
    made = [one for one in attempts if one.clip and (one.clip.path, one.clip.sha256) == named]
    return made[-1] if made else None


def _delivery(result: ShotResult) -> Delivery:
    if result.kept is not None:
        own = bool(result.kept.get("clip")) and has_own_clip(status_of(result))
        return Delivery(own, float(result.kept.get("duration_s") or 0))
    return Delivery(result.has_own_clip, result.clip.seconds if result.clip else 0.0)


def _bucket(known: Books, shots: int, delivered: Iterable[Delivery], attempts: Iterable[Attempt]) -> dict[str, Any]:
    listed, shown = tuple(delivered), tuple(attempts)
    money, clips = known.money(shown), sum(one.own for one in listed)
    texts = {column: usd_text(amount) for column, amount in money.cells().items()}
    first = {column: texts.pop(column) for column in ("quoted_usd", "charged_usd", "wasted_usd", "at_risk_usd")}
    return {
        "shots": shots,
        "clips": clips,
        "seconds": round(math.fsum(one.seconds for one in listed), 3),
        **first,
        "takes": known.count(shown),
        **texts,
        "usd_per_clip": usd_text(usd(money.charged / clips)) if clips else None,
    }


def _of_attempts(known: Books, attempts: Sequence[Attempt]) -> dict[str, Any]:
    names = [(one.key, one.n) for one in attempts]
    delivered = [known.delivered[name] for name in names if name in known.delivered]
    return _bucket(known, len({key for key, _ in names}), delivered, attempts)


def _by_attempt(known: Books, name: Callable[[Attempt], str]) -> dict[str, Any]:
    groups = _grouped(known.history, name)
    return {group: _of_attempts(known, groups[group]) for group in sorted(groups)}


def _by_row(known: Books, column: str) -> dict[str, Any]:
    """One bucket for each value of a row's cell, in board order."""
    groups = _grouped(range(len(known.results)), lambda i: _cell(known.results[i], column))
    return {
        group: _bucket(
            known,
            len(rows),
            [_delivery(known.results[i]) for i in rows],
            [one for i in rows for one in known.by_row[i]],
        )
        for group, rows in groups.items()
    }


def _cell(result: ShotResult, column: str) -> str:
    """The text of a cell such as ``scene`` or ``mode``, from the kept row where there is one, else from the shot."""
    if result.kept is None:
        return str(getattr(result.shot, column))
    return str(result.kept.get(column) or "")


def _grouped(items: Iterable[Item], name: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(name(item), []).append(item)
    return groups
