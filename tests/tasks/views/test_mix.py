"""The sound of a reel: decoded, listened to and measured."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tasks.views.reel import mix
from tasks.views.reel.beside import Beside, Line, Piece
from tasks.views.reel.parts import Part, Summary, local
from tasks.views.reel.reel import join
from tasks.views.reel.samples import SOUND_RATE, Spool, clip_samples
from tests.tasks.sounds import tone, write_sound
from tests.tasks.views.test_reel import BLUE, GREEN, RED, length, own, packets, part, singing

CLIPS = [(RED, 330, "mono"), (GREEN, 440, "stereo"), (BLUE, 550, "5.1")]


def piece(path: Path, start: float, length: float, track: str = "voice") -> Piece:
    return Piece(track, Fraction(str(start)), Fraction(str(length)), local(path))


def parts() -> list[Part]:
    """A second each of mono, stereo and 5.1, and one without sound."""
    sung = [part(str(at), singing(colour, hertz, layout), "1") for at, (colour, hertz, layout) in enumerate(CLIPS)]
    return [*sung, part("silent", own(RED, "1"), "1")]


def heard(path: Path) -> Any:
    return np.concatenate(list(clip_samples(path)), axis=1)


def level(samples: Any, hertz: float, start: float, stop: float) -> float:
    """How much of a tone there is between two seconds, as an amplitude."""
    cut = samples[0, round(start * SOUND_RATE) : round(stop * SOUND_RATE)]
    turn = np.exp(-2j * np.pi * hertz * np.arange(len(cut)) / SOUND_RATE)
    return float(2 * abs(np.mean(cut * turn)))


def check_loudness(path: Path) -> None:
    found = mix.measure(clip_samples(path))
    assert abs(found.loudness + 16) <= 1 and found.peak <= -1


@pytest.mark.parametrize("loud", [0.01, 0.25, 1.0])
def test_a_mix_is_as_loud_as_others(tmp_path: Path, loud: float) -> None:
    """Whatever the level of what is mixed: -16 LUFS within 1 LU, no true peak over -1 dBTP."""
    voice = write_sound(tmp_path / "v.wav", tone(700, 2.0, loud=loud))
    made = join(parts()[1:], tmp_path / "reel.mp4", beside=Beside([piece(voice, 0, 2)]))
    assert made.sound == "encoded" and not made.unheard
    check_loudness(tmp_path / "reel.mp4")


def test_peaks_are_held_back(tmp_path: Path) -> None:
    """Clicks over a murmur do not pass the limit."""
    samples = tone(200, 4.0, loud=0.02)
    samples[:, ::24_000] = 1.0
    sound = write_sound(tmp_path / "s.wav", samples)
    join([part("a", own(RED, "1"), "1")] * 4, tmp_path / "reel.mp4", beside=Beside([piece(sound, 0, 4, "sfx")]))
    assert mix.measure(clip_samples(tmp_path / "reel.mp4")).peak <= -1


def test_clips_of_other_layouts_are_mixed(tmp_path: Path) -> None:
    """Mono, stereo, 5.1 and none: each clip's tone is where its picture is, as loud as the standard has it."""
    join(parts(), tmp_path / "reel.mp4")
    samples = heard(tmp_path / "reel.mp4")
    for at, (_, hertz, _) in enumerate(CLIPS):
        assert level(samples, hertz, at + 0.1, at + 0.9) > 0.05
        assert level(samples, hertz, (at + 1) % 4 + 0.1, (at + 1) % 4 + 0.9) < 0.01
    check_loudness(tmp_path / "reel.mp4")


def test_music_is_lowered_under_a_voice(tmp_path: Path) -> None:
    """By at least 6 dB while somebody speaks, and back where nobody does."""
    music = write_sound(tmp_path / "m.wav", tone(220, 6.0))
    voice = write_sound(tmp_path / "v.wav", tone(900, 2.0, 44_100), 44_100)
    beside = Beside([piece(music, 0, 6, "music"), piece(voice, 2, 2)])
    join([part(str(at), own(RED, "1"), "1") for at in range(6)], tmp_path / "reel.mp4", beside=beside)
    samples = heard(tmp_path / "reel.mp4")
    before, under, after = (level(samples, 220, start, start + 1) for start in (0.5, 2.5, 4.9))
    assert under < before / 2 and after > before * 0.9
    assert level(samples, 900, 2.5, 3.5) > 0.05 > level(samples, 900, 0.5, 1.5)


def test_a_piece_ends_where_it_should(tmp_path: Path) -> None:
    """A sound begins at its second and ends at its length, though its file goes on."""
    sound = write_sound(tmp_path / "s.flac", tone(600, 5.0, 44_100), 44_100, codec="flac")
    join(parts(), tmp_path / "reel.mp4", beside=Beside([piece(sound, 1, 1.5, "sfx")]))
    samples = heard(tmp_path / "reel.mp4")
    inside, outside = level(samples, 600, 1.1, 2.4), level(samples, 600, 2.6, 3.6)
    assert inside > 0.02 > 10 * outside


def test_a_sound_that_is_gone_is_told(tmp_path: Path) -> None:
    """The reel is made without it, and says so."""
    lost = Piece("voice", Fraction(0), Fraction(1), local(tmp_path / "gone.wav"))
    made = join(parts(), tmp_path / "reel.mp4", beside=Beside([lost]))
    assert len(made.unheard) == 1 and made.unheard[0].startswith("voice: ")


def test_silence_stays_silent(tmp_path: Path) -> None:
    """Where nothing is to be heard nothing is made louder."""
    still = write_sound(tmp_path / "s.wav", tone(1, 1.0, loud=0))
    join([part("a", own(RED, "1"), "1")], tmp_path / "reel.mp4", beside=Beside([piece(still, 0, 1)]))
    assert float(np.abs(heard(tmp_path / "reel.mp4")).max(initial=0)) < 1e-3


LINES = [Line(Fraction(1, 4), Fraction(1), "ANNA: Grüße"), Line(Fraction(2), Fraction(5, 2), "请")]


def read_captions(path: Path, track: int = 0) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[track]
        found = [(one.pts, one.duration, bytes(one), one.time_base) for one in container.demux(stream) if one.size > 2]
        return [(float(pts * base), float(long * base), data[2:].decode()) for pts, long, data, base in found]


@pytest.mark.parametrize("alike", [True, False], ids=["copied", "encoded"])
def test_captions_are_a_track(tmp_path: Path, alike: bool) -> None:
    """One of timed text for each language, in a reel whose packets were copied or encoded; they stay as they are."""
    shots = [part(str(at), singing(RED, 440), "1") for at in range(3)] if alike else parts()
    plain: Summary = join(shots, tmp_path / "plain.mp4")
    made = join(shots, tmp_path / "reel.mp4", beside=Beside(captions={"": LINES, "de": LINES[:1]}))
    assert read_captions(tmp_path / "reel.mp4") == [(0.25, 0.75, "ANNA: Grüße"), (2.0, 0.5, "请")]
    assert read_captions(tmp_path / "reel.mp4", 1) == [(0.25, 0.75, "ANNA: Grüße")]
    with av.open(str(tmp_path / "reel.mp4")) as container:
        assert [one.language for one in container.streams.subtitles] == ["und", "deu"]
    assert packets(tmp_path / "reel.mp4") == packets(tmp_path / "plain.mp4")
    assert length(tmp_path / "reel.mp4") == length(tmp_path / "plain.mp4")
    assert (made.sound, plain.sound) == (("copied",) * 2 if alike else ("encoded",) * 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.mp4", "reel.mp4"]


def test_it_says_what_it_is(tmp_path: Path) -> None:
    """Words in the metadata are read back by others."""
    join(parts(), tmp_path / "reel.mp4", beside=Beside(metadata={"comment": "made by a trained algorithm"}))
    with av.open(str(tmp_path / "reel.mp4")) as container:
        assert container.metadata["comment"] == "made by a trained algorithm"


def test_ducking_goes_on_from_block_to_block(tmp_path: Path) -> None:
    """The level at the end of a block is that at which the next one begins."""
    ducking = mix.Ducking()
    spoken = np.full((2, mix.BLOCK), 0.1, np.float32)
    first, second = ducking.over(spoken), ducking.over(np.zeros_like(spoken))
    assert first[0] == 1 and abs(first[-1] - mix.DUCKED) < 0.01 and abs(second[0] - first[-1]) < 0.01
    assert second[-1] > 0.8


def test_a_spool_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Sample by sample, in blocks; it leaves nothing behind."""
    spool = Spool(tmp_path / "s")
    given = np.random.default_rng(1).random((2, 5000), np.float32)
    spool.write(given[:, :1234])
    spool.write(given[:, 1234:])
    assert np.array_equal(np.concatenate(list(spool.blocks(999)), axis=1), given)
    spool.close()
    assert not (tmp_path / "s").exists()


MAKES = [(24, 48_000, "stereo"), (24, 44_100, "mono"), (24, 48_000, "5.1"), (25, 48_000, "stereo")]
STEP = 6  # seconds of a shot in the cut


def beeping(path: Path, rate: int, hertz: int, layout: str) -> Path:
    """A clip that is a little longer than its shot, with a tone at its first picture."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=rate, width=64, height=64, options={"bf": "0"})
        video.pix_fmt = "yuv420p"
        sound = out.add_stream("aac", rate=hertz, layout=layout)
        for _ in range(round((STEP + 0.2) * rate)):
            out.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        out.mux(video.encode())
        samples = tone(1000, STEP + 0.2, hertz, 0.5, layout)
        samples[:, round(0.3 * hertz) :] = 0
        for start in range(0, samples.shape[1], 1024):
            cut = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(cut, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = hertz, start
            out.mux(sound.encode(frame))
        out.mux(sound.encode())
    return path


def check_drift(folder: Path, shots: int) -> None:
    """The tone at each cut, and that of a sound beside the clips in the middle of each tenth, begin in their time."""
    shelf = [beeping(folder / f"{at}.mp4", *make) for at, make in enumerate(MAKES)]
    # most are copied, as in a board that one model made; the odd rate is encoded anew
    order = [3 if at % 20 == 19 else at % 3 for at in range(shots)]
    beside = write_sound(folder / "beep.wav", tone(1000, 0.3, 44_100, 0.5), 44_100)
    pieces = [piece(beside, at * STEP + 3, 0.3, "sfx") for at in range(0, shots, 10)]
    given = [part(str(at), shelf[make], str(STEP)) for at, make in enumerate(order)]
    join(given, folder / "reel.mp4", rate=Fraction(24), beside=Beside(pieces))
    loud = np.abs(heard(folder / "reel.mp4")[0])
    assert abs(len(loud) / SOUND_RATE - shots * STEP) < 0.1
    for second in [float(at * STEP) for at in range(shots)] + [float(one.start) for one in pieces]:
        start = max(round((second - 0.2) * SOUND_RATE), 0)
        cut = loud[start : start + round(0.4 * SOUND_RATE)]
        found = (start + int(np.argmax(cut > cut.max() / 4))) / SOUND_RATE
        assert abs(found - second) <= 0.02, (second, found)


def test_sound_lies_at_its_cut(tmp_path: Path) -> None:
    """Within 20 ms, in clips of other rates and layouts, copied and encoded, and in a track beside them."""
    check_drift(tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_sound_does_not_drift_over_twenty_minutes(tmp_path: Path) -> None:
    """The last of 200 cuts is as near as the first."""
    check_drift(tmp_path, 200)
