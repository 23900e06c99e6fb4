"""Which records are read of those that a target lists, and how often they are asked for. Blocks."""

from collections.abc import Container, Iterable

from tasks.ledger.records import ASIDE, NAME, RANK, read
from tasks.storage import Store

READS = 3  # of a record that is listed, before it counts as not there


def ended_after(store: Store, names: Iterable[str]) -> set[str]:
    """Those found records whose job has come to its own end since: the settled record tells more."""
    pairs = {name: name.replace("-found.json", "-settled.json") for name in names if name.endswith("-found.json")}
    texts = store.read_many(list(pairs.values())) if pairs else {}
    ends = {n: read(s, "settled", texts[s]) for n, s in pairs.items() if s in texts}
    return {name for name, record in ends.items() if record["outcome"] != "unclear"}


def newest_of(names: Iterable[str], over: Container[str]) -> dict[tuple[str, int, str], tuple[str, str]]:
    """The kind and the name of the newest record of each number, and of those that stand beside it, by key, number and
    what stands beside: every record repeats the ones before it. Those that are ``over`` do not count."""
    newest: dict[tuple[str, int, str], tuple[str, str]] = {}
    for name in names:
        if (match := NAME.fullmatch(name)) and name not in over:
            key, n, kind = match[1], int(match[2]), match[3]
            slot = (key, n, kind if kind in ASIDE else "")
            if slot not in newest or RANK[kind] > RANK[newest[slot][0]]:
                newest[slot] = (kind, name)
    return newest


def read_listed(store: Store, names: list[str]) -> dict[str, bytes]:
    """The records by name. What was listed and is not found is asked for again: stores say that in passing."""
    texts = store.read_many(names)
    for _ in range(READS - 1):
        if missing := [name for name in names if name not in texts]:
            texts |= store.read_many(missing)
    return texts
