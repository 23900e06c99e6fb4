"""The pictures of a workbook: floating over its cells, placed in them, or shown in them by a formula. By part name."""

from collections.abc import Mapping
from xml.etree import ElementTree

from tasks.storyboard.formats.grid import Placed
from tasks.storyboard.formats.packed import Parts, identity, local

_POINT = 12_700  # English Metric Units of a point, in which heights of rows are given
_CHARACTER = 66_675  # of a character, in which widths of columns are
_USUAL_WIDTH = 9.14
_MOST_LINES = 2_000  # that one picture can cover

Sizes = Mapping[int, float]


def floating(parts: Parts, drawing: str, heights: Sizes, widths: Sizes, usual: float) -> tuple[list[Placed], int]:
    """The pictures that float over a sheet, each in the cell where its middle lies, and how many lie in none.

    ``heights`` of lines (from 1) and ``usual`` are in points, ``widths`` of columns (from 0) in characters.
    """
    if not drawing:
        return [], 0
    linked = parts.relations(drawing)
    found, lost = [], 0
    for anchor in parts.tree(drawing):
        kind = local(anchor.tag)
        first = _child(anchor, "from")
        picture = next((one for one in anchor.iter() if local(one.tag) == "blip"), None)
        if picture is None:
            continue
        name = linked.get(identity(picture, "embed"), "")
        if kind not in ("twoCellAnchor", "oneCellAnchor") or first is None or name not in parts.names:
            lost += 1
            continue
        tall = {line - 1: height * _POINT for line, height in heights.items()}
        wide = {column: width * _CHARACTER for column, width in widths.items()}
        line = _middle(anchor, "row", tall, usual * _POINT)
        column = _middle(anchor, "col", wide, _USUAL_WIDTH * _CHARACTER)
        found.append(Placed(line + 1, column, name))
    return found, lost


def _middle(anchor: ElementTree.Element, axis: str, sizes: Sizes, usual: float) -> int:
    """The row or column (from 0) in which the middle of a picture lies."""
    start, end, extent = _child(anchor, "from"), _child(anchor, "to"), _child(anchor, "ext")
    at, offset = _number(start, axis), min(_number(start, f"{axis}Off"), sizes.get(_number(start, axis), usual))
    if end is not None:
        covered = sum(sizes.get(one, usual) for one in range(at, min(_number(end, axis), at + _MOST_LINES)))
        length = covered - offset + min(_number(end, f"{axis}Off"), sizes.get(_number(end, axis), usual))
    else:
        length = float(extent.get("cy" if axis == "row" else "cx", "0")) if extent is not None else 0.0
    middle = offset + length / 2
    for one in range(at, at + _MOST_LINES):
        if middle < sizes.get(one, usual):
            return one
        middle -= sizes.get(one, usual)
    return at


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((one for one in element if local(one.tag) == name), None)


def _number(element: ElementTree.Element | None, name: str) -> int:
    found = _child(element, name) if element is not None else None
    text = (found.text or "").strip() if found is not None else ""
    return min(max(int(text), 0), 1 << 40) if text.lstrip("-").isdigit() else 0


def cell_pictures(parts: Parts, home: str) -> dict[str | None, str]:
    """The ``vm`` of a cell -> the picture that is placed in it. Pictures from the web are not among them."""
    folder = home.rpartition("/")[0]
    metadata, rich = parts.tree(f"{folder}/metadata.xml"), f"{folder}/richData"
    if not len(metadata):
        return {}
    shapes = [
        [local_key.get("n", "") for local_key in one if local(local_key.tag) == "k"]
        for one in parts.tree(f"{rich}/rdrichvaluestructure.xml")
    ]
    holder = f"{rich}/richValueRel.xml"
    linked = parts.relations(holder)
    pictures = [linked.get(identity(one, "id"), "") for one in parts.tree(holder)]
    values = []
    for one in parts.tree(f"{rich}/rdrichvalue.xml"):
        shape, held = int(one.get("s", "-1")), [each.text or "" for each in one if local(each.tag) == "v"]
        named = dict(zip(shapes[shape], held, strict=False)) if 0 <= shape < len(shapes) else {}
        at = next((text for key, text in named.items() if key.endswith("LocalImageIdentifier")), "")
        values.append(pictures[int(at)] if at.isdigit() and int(at) < len(pictures) else "")
    future = [int(one.get("i", "-1")) for one in metadata.iter() if local(one.tag) == "rvb"]
    kinds = [one.get("name", "") for one in metadata.iter() if local(one.tag) == "metadataType"]
    found: dict[str | None, str] = {}
    for block in metadata:
        for number, one in enumerate(block if local(block.tag) == "valueMetadata" else (), 1):
            for record in one:
                t, v = int(record.get("t", "0")), int(record.get("v", "-1"))
                rich_kind = 0 < t <= len(kinds) and kinds[t - 1] == "XLRICHVALUE"
                value = future[v] if rich_kind and 0 <= v < len(future) else -1
                if 0 <= value < len(values) and values[value] in parts.names:
                    found[str(number)] = values[value]
    return found


def named_pictures(parts: Parts, home: str) -> dict[str, str]:
    """The name in a ``DISPIMG`` formula, by which WPS Office shows a picture in a cell -> the picture."""
    part = f"{home.rpartition('/')[0]}/cellimages.xml"
    linked = parts.relations(part)
    found = {}
    for one in parts.tree(part):
        name = next((each.get("name", "") for each in one.iter() if local(each.tag) == "cNvPr"), "")
        picture = next((identity(each, "embed") for each in one.iter() if local(each.tag) == "blip"), "")
        if name and linked.get(picture, "") in parts.names:
            found[name] = linked[picture]
    return found
