"""Workbooks as bytes, built part by part, so that a test says what stands in them."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from PIL import Image

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKED = "http://schemas.openxmlformats.org/package/2006/relationships"
DRAWN = "http://schemas.openxmlformats.org/drawingml/2006"
FORMATS = ("General", "000", "h:mm:ss", '0.0" s"', "yyyy-mm-dd", "h:mm", "0.00")


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(out, "PNG")
    return out.getvalue()


def rels(targets: Mapping[str, str]) -> str:
    inner = "".join(f'<Relationship Id="{key}" Type="{LINKED}/x" Target="{to}"/>' for key, to in targets.items())
    return f'<Relationships xmlns="{PACKED}">{inner}</Relationships>'


def cell(reference: str, value: object) -> str:
    """One cell: text, a number, a number with the index of its format, or the cell's XML as it is."""
    if isinstance(value, str) and value.startswith("<c"):
        return value
    if isinstance(value, tuple):
        return f'<c r="{reference}" s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""
    return "" if value is None else f'<c r="{reference}"><v>{value}</v></c>'


def sheet(rows: Sequence[Sequence[object]], merged: Sequence[str] = (), after: str = "") -> str:
    lines = [
        f'<row r="{line}">{"".join(cell(f"{chr(65 + at)}{line}", value) for at, value in enumerate(row))}</row>'
        for line, row in enumerate(rows, 1)
        if row
    ]
    each = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    merges = f"<mergeCells>{each}</mergeCells>" if merged else ""
    inner = f"<sheetData>{''.join(lines)}</sheetData>{merges}{after}"
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{LINKED}">{inner}</worksheet>'


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def parts_of(sheets: Mapping[str, str], more: Mapping[str, str | bytes] | None = None) -> dict[str, str | bytes]:
    named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, 1))
    own = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for n, code in enumerate(FORMATS)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(FORMATS)))
    linked = {f"s{n}": f"worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)}
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": rels({"b": "xl/workbook.xml"}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKED}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": rels({**linked, "t": "sharedStrings.xml", "f": "styles.xml"}),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": text for n, text in enumerate(sheets.values(), 1)},
        **(more or {}),
    }


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[str] = (), **sheets: str) -> bytes:
    """A workbook whose first sheet has these rows."""
    return packed(parts_of({"Shots": sheet(rows, merged), **sheets}))


def floating(*pictures: tuple[int, int, bytes]) -> dict[str, str | bytes]:
    """The parts of pictures that float in these lines (from 1) and columns (from 0) of the first sheet."""
    anchors = "".join(
        f"<a:twoCellAnchor><a:from><a:col>{column}</a:col><a:colOff>9000</a:colOff><a:row>{line - 1}</a:row>"
        f"<a:rowOff>9000</a:rowOff></a:from><a:to><a:col>{column}</a:col><a:colOff>300000</a:colOff>"
        f"<a:row>{line - 1}</a:row><a:rowOff>150000</a:rowOff></a:to>"
        f'<a:pic><a:blipFill><b:blip r:embed="p{n}"/></a:blipFill></a:pic></a:twoCellAnchor>'
        for n, (line, column, _) in enumerate(pictures)
    )
    spaces = f'xmlns:a="{DRAWN}/spreadsheetDrawing" xmlns:b="{DRAWN}/main" xmlns:r="{LINKED}"'
    return {
        "xl/worksheets/_rels/sheet1.xml.rels": rels({"d": "../drawings/drawing1.xml"}),
        "xl/drawings/drawing1.xml": f"<a:wsDr {spaces}>{anchors}</a:wsDr>",
        "xl/drawings/_rels/drawing1.xml.rels": rels({f"p{n}": f"../media/image{n}.png" for n in range(len(pictures))}),
        **{f"xl/media/image{n}.png": data for n, (_, _, data) in enumerate(pictures)},
    }


def placed(*pictures: bytes) -> dict[str, str | bytes]:
    """The parts of pictures that lie in the cells whose ``vm`` counts from 1."""
    count = range(len(pictures))
    blocks = "".join(f'<bk><extLst><ext><rvb i="{n}"/></ext></extLst></bk>' for n in count)
    records = "".join(f'<bk><rc t="1" v="{n}"/></bk>' for n in count)
    keys = '<k n="_rvRel:LocalImageIdentifier" t="i"/><k n="CalcOrigin" t="i"/>'
    values = "".join(f'<rv s="0"><v>{n}</v><v>5</v></rv>' for n in count)
    linked = "".join(f'<rel r:id="p{n}"/>' for n in count)
    return {
        "xl/metadata.xml": f'<metadata xmlns="{MAIN}"><metadataTypes><metadataType name="XLRICHVALUE"/></metadataTypes>'
        f'<futureMetadata name="XLRICHVALUE">{blocks}</futureMetadata>'
        f"<valueMetadata>{records}</valueMetadata></metadata>",
        "xl/richData/rdrichvaluestructure.xml": f'<rvStructures><s t="_localImage">{keys}</s></rvStructures>',
        "xl/richData/rdrichvalue.xml": f"<rvData>{values}</rvData>",
        "xl/richData/richValueRel.xml": f'<r xmlns:r="{LINKED}">{linked}</r>',
        "xl/richData/_rels/richValueRel.xml.rels": rels({f"p{n}": f"../media/cell{n}.png" for n in count}),
        **{f"xl/media/cell{n}.png": data for n, data in enumerate(pictures)},
    }


def swapped(data: bytes, name: str, change: Mapping[str, str]) -> bytes:
    """The zip with some text of one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        held: dict[str, str | bytes] = {one: file.read(one) for one in file.namelist()}
    text = bytes(held[name]).decode()  # type: ignore[arg-type]  # they were read as bytes
    for old, new in change.items():
        assert re.search(re.escape(old), text)
        text = text.replace(old, new, 1)
    return packed({**held, name: text})
