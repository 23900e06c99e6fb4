"""Because of what people said a shot is ordered. Pure."""

from tasks.domain.takes import Need, Takes
from tasks.domain.verdict import Verdict

LONGEST = 200  # characters of a note that a plan shows


def describe_wishes(takes: Takes, need: Need) -> list[str]:
    """The verdicts because of which takes are to be ordered, a line each with who said it and why: rejections, open
    calls for one more, and the choice of a draft that is to be finished."""
    if not need.missing or not takes.verdicts:
        return []
    said = sorted(takes.said.values(), key=lambda one: one.n)
    moved = [one for one in said if one.kind == "reject" or (one.kind == "select" and one.take in need.drafts)]
    return list(dict.fromkeys(_words(one) for one in (*moved, *takes.agains)))


def _words(said: Verdict) -> str:
    who = " ".join(said.by.split()) or "somebody"
    did = {
        "reject": f"rejected take {said.take}",
        "select": f"chose take {said.take}",
        "again": "asked for one more take",
    }
    note = " ".join(said.note.split())
    return f"{who} {did[said.kind]}" + (f": {note[:LONGEST]}" if note else "")
