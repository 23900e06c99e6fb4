"""Looking at what an order carries: images (data URI, plain base64, URL) and remix videos.

Only loopback addresses are fetched, over plain http; an https address is taken on trust.
"""

import base64
import binascii
import hashlib
import io
import ipaddress
import math
import urllib.parse
from collections.abc import Sequence

import av
import httpx
from PIL import Image

from tests.sandbox.media import small
from tests.sandbox.protocol import Gateway, Options, Pixels, Refusal, Wish

MAX_DATA_BYTES = 8 * 1024 * 1024
MAX_URL_BYTES = 30 * 1024 * 1024
MAX_VIDEO_BYTES = 256 * 1024 * 1024
TYPES = {"image/jpeg": "JPEG", "image/jpg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_seen: dict[bytes, tuple[Pixels, str, bytes]] = {}


async def look(wish: Wish, gateway: Gateway, options: Options, client: httpx.AsyncClient) -> None:
    """Refuse a wish whose image or source video is not what the gateway takes; settle a size left open."""
    if wish.video:
        inline = wish.video.startswith("data:video/mp4;base64,")
        data = _unpacked(wish.video.partition(",")[2]) if inline else await _fetch(wish.video, MAX_VIDEO_BYTES, client)
        if data is not None and data[4:8] != b"ftyp":
            raise Refusal("bad_request", "the source is no mp4")
        if data is not None and wish.measured:
            wish.size, wish.seconds = _measure(data)
            wish.seconds += wish.longer
    if wish.image:
        found, wish.picture = await _image_size(wish.image, gateway, options, client)
        if found is not None:
            _fit(found, wish.sizes)
            wish.size = wish.size or min(wish.shapes, key=lambda one: _apart(one, found), default=found)
    if wish.last:
        _, wish.last_picture = await _image_size(wish.last, gateway, options, client)
    for uri in wish.references:
        await _image_size(uri, gateway, options, client)
    if wish.size is None:
        wish.size = (wish.sizes or wish.shapes)[0]


def _apart(one: Pixels, other: Pixels) -> float:
    """How far two shapes are from each other."""
    return abs(math.log(one[0] * other[1] / (one[1] * other[0])))


def _fit(found: Pixels, sizes: Sequence[Pixels]) -> None:
    if sizes and found not in sizes:
        wanted = " or ".join(f"{width}x{height}" for width, height in sizes)
        raise Refusal("bad_request", f"image must be exactly {wanted}; it is {found[0]}x{found[1]}")


async def _image_size(
    uri: str, gateway: Gateway, options: Options, client: httpx.AsyncClient
) -> tuple[Pixels | None, bytes]:
    """Its size and what it shows in small; nothing of one that is taken on trust."""
    if uri.startswith(("http://", "https://")):
        data = await _fetch(uri, MAX_URL_BYTES, client)
        return (None, b"") if data is None else _told(data)
    allowed = gateway.data_uri if options.allow_data_uri is None else options.allow_data_uri
    if not allowed:
        raise Refusal("bad_request", "image must be an http or https URL")
    head, comma, rest = uri.partition(",") if uri.startswith("data:") else ("", "", uri)
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if comma and (not head.endswith(";base64") or media_type not in TYPES):
        raise Refusal("bad_request", "image must be a base64 data URI of a JPEG, PNG or WebP")
    if not comma and not gateway.plain_base64:
        raise Refusal("bad_request", "image must be a URL or a base64 data URI")
    data = _unpacked(rest)
    kind = decode(data)[1]
    if comma and TYPES[media_type] != kind:
        raise Refusal("bad_request", f"image says {media_type} and is {kind}")
    return _told(data)


def _told(data: bytes) -> tuple[Pixels, bytes]:
    size, _ = decode(data)
    return size, _seen[hashlib.sha256(data).digest()][2]


def _measure(data: bytes) -> tuple[Pixels, int]:
    with av.open(io.BytesIO(data), "r") as file:
        stream = file.streams.video[0]
        assert stream.average_rate
        return (stream.width, stream.height), round(len(list(file.decode(stream))) / stream.average_rate)


def _unpacked(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refusal("bad_request", "image is no base64") from None
    if len(data) > MAX_DATA_BYTES:
        raise Refusal("bad_request", f"image is larger than {MAX_DATA_BYTES} bytes")
    return data


def decode(data: bytes) -> tuple[Pixels, str]:
    """Size and format of image bytes that were decoded to the last pixel, or Refusal. Once for each file."""
    digest = hashlib.sha256(data).digest()
    if digest not in _seen:
        try:
            with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as image:
                image.load()
                found = (image.width, image.height), str(image.format), small(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
            raise Refusal("bad_request", f"image cannot be decoded: {problem}") from None
        if len(_seen) >= 10_000:
            _seen.clear()
        _seen[digest] = found
    return _seen[digest][:2]


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _fetch(url: str, most: int, client: httpx.AsyncClient) -> bytes | None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise Refusal("bad_request", "a URL must be https")
    try:
        data = bytearray()
        async with client.stream("GET", url) as reply:
            if reply.status_code != 200:
                raise Refusal("bad_request", f"the URL answers {reply.status_code}")
            async for chunk in reply.aiter_bytes():
                data += chunk
                if len(data) > most:
                    raise Refusal("bad_request", f"the file is larger than {most} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Refusal("bad_request", f"the URL cannot be read: {type(problem).__name__}") from None
    return bytes(data)
