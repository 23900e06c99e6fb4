"""The last pass over a reel: its pictures, the sound that was mixed for it and its captions, woven into one file."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from tasks.views.reel.beside import Beside, Line
from tasks.views.reel.mix import master, mix
from tasks.views.reel.samples import Spool

TICKS = 1000  # a second, of captions
MOST_TEXT = 65_535 // 4  # letters of a caption: its bytes are counted in two
#: What the coder of mp4's timed text asks for before it opens; its style is the player's.
STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Sans,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
#: ISO 639-1 -> ISO 639-2/T, by which mp4 names languages.
LONG_NAMES = """
ar:ara bg:bul bn:ben bs:bos ca:cat cs:ces da:dan de:deu el:ell en:eng es:spa et:est eu:eus fa:fas fi:fin fr:fra gl:glg
he:heb hi:hin hr:hrv hu:hun id:ind is:isl it:ita ja:jpn ka:kat kk:kaz ko:kor lt:lit lv:lav mk:mkd ms:msa nb:nob nl:nld
no:nor pl:pol pt:por ro:ron ru:rus sk:slk sl:slv sq:sqi sr:srp sv:swe ta:tam te:tel th:tha tr:tur uk:ukr ur:urd vi:vie
zh:zho
"""
LONG = {short: long for short, _, long in (pair.partition(":") for pair in LONG_NAMES.split())}


def finish(out: Path, own: Spool | None, beside: Beside) -> list[str]:
    """Give the reel of pictures at ``out`` what lies beside them, and where it has ``own`` sound that and the other
    sounds, mixed: the reasons of those that could not be read."""
    failed: list[str] = []
    coded, mixed = out.with_suffix(".m4a"), Spool(out.with_suffix(".mixed"))
    try:
        if own:
            master(mixed, mix(own, beside.pieces, mixed, failed), coded)
        if own or beside.captions or beside.metadata:
            _weave(out, coded if own else out, beside)
    finally:
        mixed.close()
        coded.unlink(missing_ok=True)
    return failed


def _weave(out: Path, sound: Path, beside: Beside) -> None:
    """Write the reel at ``out`` anew, its packets as they are, with the sound of a file and with captions, if any."""
    made = out.with_suffix(".woven")
    try:
        with ExitStack() as stack:
            opened = [
                stack.enter_context(av.open(f"file:{path.absolute()}", "r", format="mp4")) for path in (out, sound)
            ]
            sink: Any = stack.enter_context(
                av.open(f"file:{made.absolute()}", "w", format="mp4", options={"movflags": "+faststart"})
            )
            sink.metadata.update(beside.metadata)
            tracks = [opened[0].streams.video[0], *opened[1].streams.audio[:1]]
            coming = [_copied(sink.add_stream_from_template(one), one) for one in tracks]
            coming += [_shown(_titles(sink, language), lines) for language, lines in beside.captions.items()]
            sink.start_encoding()
            for _, _, packet in heapq.merge(*_numbered(coming)):
                sink.mux(packet)
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)


def _numbered(
    coming: Sequence[Iterator[tuple[Fraction, Any]]],
) -> list[Iterator[tuple[Fraction, tuple[int, int], Any]]]:
    """The packets with a place that no two of them share, so that they are never compared themselves."""

    def one(index: int, packets: Iterator[tuple[Fraction, Any]]) -> Iterator[tuple[Fraction, tuple[int, int], Any]]:
        for number, (at, packet) in enumerate(packets):
            yield at, (index, number), packet

    return [one(index, packets) for index, packets in enumerate(coming)]


def _copied(stream: Any, source: Any) -> Iterator[tuple[Fraction, Any]]:
    for packet in source.container.demux(source):
        if packet.dts is not None:
            at = Fraction(packet.dts) * packet.time_base
            packet.stream = stream
            yield at, packet


def _titles(sink: Any, language: str) -> Any:
    stream = sink.add_stream("mov_text")
    stream.codec_context.subtitle_header = STYLE
    stream.codec_context.time_base = Fraction(1, TICKS)
    stream.metadata["language"] = LONG.get(language.partition("-")[0], "und")
    return stream


def _shown(stream: Any, lines: Sequence[Line]) -> Iterator[tuple[Fraction, Any]]:
    """Captions as mp4 has them: the length of the text in two bytes, then the text."""
    for line in lines:
        text = line.text[:MOST_TEXT].encode("utf-8", "replace")
        packet = av.Packet(len(text).to_bytes(2, "big") + text)
        start, stop = round(line.start * TICKS), round(line.end * TICKS)
        packet.stream, packet.time_base = stream, Fraction(1, TICKS)
        packet.pts = packet.dts = start
        packet.duration = max(stop - start, 1)
        yield line.start, packet
