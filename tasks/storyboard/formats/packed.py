"""The parts of a workbook, which is a zip of XML: each read once, up to a size, with nothing in it that unfolds.

Entities and external parts are never followed: a part with a document type is refused.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from tasks.domain.errors import BoardError

MOST_PARTS = 20_000
SMALL = 8_000_000  # bytes of a part that is held as a tree
LARGE = 200_000_000  # of one that is walked through
MOST_PICTURES = 200_000_000  # bytes of all pictures together
_CHUNK = 1 << 18

Start = Callable[[str, Mapping[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]
#: What zipfile raises for a zip that is cut, protected or packed in a way that it does not know.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


def local(name: str) -> str:
    """A name of XML without its namespace or prefix."""
    return name.rpartition("}")[2].rpartition(":")[2]


class Parts:
    """The parts of a zip by name. Raises ``BoardError`` when it is damaged, protected, or too large unpacked."""

    def __init__(self, data: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        except (*DAMAGED, ValueError) as error:
            raise BoardError(f"this is not a whole workbook ({error}); write or copy it again") from None
        self.names = frozenset(self.zip.namelist())
        if len(self.names) > MOST_PARTS:
            raise BoardError(f"this workbook has {len(self.names):,} parts; at most {MOST_PARTS:,} are read")
        self.pictures = 0
        self.left = LARGE  # bytes that are still walked through

    def read(self, name: str, most: int = SMALL) -> bytes:
        """A whole part of at most ``most`` bytes; nothing where it is not there.

        Raises ``BoardError`` when it is damaged or larger.
        """
        if name not in self.names:
            return b""
        try:
            with self.zip.open(name) as file:
                data = file.read(most + 1)
        except DAMAGED as error:
            raise _damaged(name, error) from None
        if len(data) > most:
            raise BoardError(f"{name} of this workbook unpacks to more than {most:,} bytes; save a smaller one")
        return data

    def picture(self, name: str) -> bytes:
        """A part that is a picture. Raises ``BoardError`` when it is damaged, or all the pictures are too large."""
        data = self.read(name, MOST_PICTURES)
        self.pictures += len(data)
        if self.pictures > MOST_PICTURES:
            raise BoardError(
                f"the pictures of this workbook take more than {MOST_PICTURES:,} bytes; name files instead"
            )
        return data

    def tree(self, name: str) -> ElementTree.Element:
        """A part as a tree of elements, an empty one where it is not there. Raises ``BoardError`` when it is broken."""
        data = self.read(name)
        if not data:
            return ElementTree.Element("none")
        if b"<!DOCTYPE" in data.replace(b"\0", b""):
            raise _doctype(name)
        try:
            return ElementTree.fromstring(data)  # noqa: S314 - bounded, and without a document type
        except ElementTree.ParseError as error:
            raise _damaged(name, error) from None

    def walk(self, name: str, start: Start, end: End, text: Text) -> None:
        """Walk through a part of any size, as `walk` does.

        Raises ``BoardError`` when it is missing, damaged or too large.
        """
        if name not in self.names:
            raise BoardError(f"this workbook lacks its part {name}; save it again")
        try:
            with self.zip.open(name) as file:
                self.left -= walk(file, name, start, end, text, self.left)
        except DAMAGED as error:
            raise _damaged(name, error) from None

    def relations(self, name: str) -> dict[str, str]:
        """Id -> part that a part refers to; what lies outside of the file is not among them."""
        folder, _, last = name.rpartition("/")
        found = {}
        for one in self.tree(f"{folder}/_rels/{last}.rels" if folder else f"_rels/{last}.rels"):
            if one.get("TargetMode") != "External":
                target = one.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                found[one.get("Id", "")] = posixpath.normpath(path)
        return found


def walk(file: IO[bytes], name: str, start: Start, end: End, text: Text, most: int = LARGE) -> int:
    """Hand on what a part holds: ``start`` gets each element's local name and attributes, ``end`` its name, ``text``
    the rest.

    The result is how many bytes were read. Raises ``BoardError`` when the XML is broken or has a document type, or the
    part has over ``most`` bytes.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = False

    def refuse(*_: object) -> None:
        raise _doctype(name)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    left = most
    try:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BoardError(f"{name} of this workbook unpacks to more than {LARGE:,} bytes; split the shot list")
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _damaged(name, error) from None
    return most - left


def closed_at(xml: bytes, at: int, tag: str) -> int:
    """Where an element ends whose end the parser reports at byte ``at``: behind its end tag there, or right there.

    An element such as ``<c/>`` has no end tag, and its end is reported at what follows it.
    """
    return xml.index(b">", at) + 1 if xml.startswith(f"</{tag}".encode(), at) else at


def identity(element: ElementTree.Element, key: str) -> str:
    """An attribute by its name without namespace, such as ``r:embed``."""
    return next((value for name, value in element.items() if local(name) == key), "")


def _damaged(name: str, error: Exception) -> BoardError:
    return BoardError(f"{name} of this workbook cannot be read ({str(error)[:200]}); save it again without a password")


def _doctype(name: str) -> BoardError:
    return BoardError(f"{name} of this workbook declares a document type, which is not followed; save it again")
