"""The manifest as a workbook of Excel, for people: ids as text, money as numbers, links to clips and pictures. Pure.

Written here part by part, as pandas writes one only with a further library.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tasks.manifest import MANIFEST
from tasks.views.report.words import href

MOST_LETTERS, MOST_LINKS = 32_767, 65_530  # that Excel holds in a cell, and on a sheet
LINKED = ("clip", "poster", "frame")
TEXT, MONEY, TIME, LINK, HEAD = 1, 2, 3, 4, 5  # numbers of the cell formats in STYLES
DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
UNHELD = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML has no place for
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # a spreadsheet reads it as the sign of that number
START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org"
MAIN, RELATED = f"{OFFICE}/spreadsheetml/2006/main", f"{OFFICE}/officeDocument/2006/relationships"
PACKED = f"{OFFICE}/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKED}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKED}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">'
    '<sheets><sheet name="manifest" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKED}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{RELATED}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="0.00####"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="3"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        ' applyFont="1"/>'
        for number, font in ((0, 0), (49, 0), (164, 0), (165, 0), (49, 1), (49, 2))
    )
    + "</cellXfs></styleSheet>",
}

Row = Mapping[str, Any]


def xlsx(rows: Sequence[Row]) -> bytes:
    """``manifest.xlsx``: a sheet of the rows of ``manifest.json``, a line a shot, times as dates in UTC.

    Links are relative to the target, where the workbook belongs. A text is cut where a cell of Excel ends.
    """
    names = list(dict.fromkeys((*MANIFEST, *(name for row in rows for name in row))))
    links: list[tuple[str, str]] = []
    lines = [_line(1, (_text(column(i) + "1", name, HEAD) for i, name in enumerate(names)))]
    lines += [_line(n, _cells(row, names, n, links)) for n, row in enumerate(rows, 2)]
    marks = [f'<hyperlink ref="{place}" r:id="rId{i}"/>' for i, (place, _) in enumerate(links, 1)]
    sheet = (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATED}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<sheetData>{''.join(lines)}</sheetData>"
        f"{'<hyperlinks>' + ''.join(marks) + '</hyperlinks>' if marks else ''}</worksheet>"
    )
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{RELATED}/hyperlink" Target={quoteattr(target)} TargetMode="External"/>'
        for i, (_, target) in enumerate(links, 1)
    )
    beside = f'<Relationships xmlns="{PACKED}/relationships">{related}</Relationships>'
    more = {"xl/worksheets/sheet1.xml": sheet, "xl/worksheets/_rels/sheet1.xml.rels": beside}
    return _packed({**PARTS, **more})


def column(number: int) -> str:
    """The letters of a column, the first of which is 0: A to Z, AA, AB and so on."""
    return (column(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _line(number: int, cells: Iterator[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cells(row: Row, names: Sequence[str], number: int, links: list[tuple[str, str]]) -> Iterator[str]:
    """The cells of a line that are not empty; ``links`` is given the place and the target of each that leads out."""
    for i, name in enumerate(names):
        place, value = f"{column(i)}{number}", row.get(name)
        if value is None or value == "":
            continue
        if name in LINKED and len(links) < MOST_LINKS:
            links.append((place, href(value)))
            yield _text(place, str(value), LINK)
        else:
            yield _cell(place, value, MANIFEST.get(name, "text"))


def _cell(place: str, value: Any, kind: str) -> str:
    if kind == "bool":
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if kind == "time" and (days := _days(str(value))) is not None:
        return f'<c r="{place}" s="{TIME}"><v>{days!r}</v></c>'
    if kind in ("int", "float", "usd"):
        style = f' s="{MONEY}"' if kind == "usd" else ""
        return f'<c r="{place}"{style}><v>{value}</v></c>'
    return _text(place, str(value), TEXT)


def _text(place: str, text: str, style: int) -> str:
    held = ESCAPED.sub("_x005F_", UNHELD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MOST_LETTERS])
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(held)}</t></is></c>'


def _days(text: str) -> float | None:
    """A time as a spreadsheet counts it, in days; None where the text names none that it can show."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return (moment - DAY_ZERO) / timedelta(days=1) if moment > DAY_ZERO else None


def _packed(parts: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)  # of 1980: the same rows give the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(entry, START + text)
    return packed.getvalue()
