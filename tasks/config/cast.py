"""``[cast]`` of a config: who or what recurs in a film, in words and pictures."""

from typing import Any

from tasks.config import schema as kinds
from tasks.config.schema import FaultCollector, Spec
from tasks.domain.shot import CastMember

_MEMBER: Spec = {"text": kinds.text, "images": kinds.each(kinds.text), "required": kinds.flag}


def read_cast(raw: Any, taken: Any, sheet: FaultCollector) -> dict[str, CastMember]:
    """The members by name. ``taken`` are the names of ``[vars]``; every fault goes to the sheet."""
    names = raw if isinstance(raw, dict) else {}
    found: dict[str, CastMember] = {}
    for name, table in sheet.table(raw, dict.fromkeys(names, lambda value: value), "cast").items():
        where = f"cast.{name}"
        told = sheet.table(table, _MEMBER, where, ("text",))
        if isinstance(taken, dict) and name in taken:
            sheet.add(where, "stands in [vars] too: a prompt could mean either; give one of them another name")
        if not name.strip() or set(name) & set("{};|"):
            sheet.add(where, "is no name that a prompt can hold in braces, or a cell in a list")
        if told.get("required") and not told.get("images"):
            sheet.add(f"{where}.required", "is for its images, and it has none")
        if "text" in told:
            found[name] = CastMember(name, **told)
    return found
