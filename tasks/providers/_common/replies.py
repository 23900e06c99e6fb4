"""Reading what gateways say and checking what they are asked: the pure helpers that the adapters share.

Nothing in a reply is trusted to have its documented type. A getter gives an empty value instead of raising, so
that a list for an object or a number for a string ends as ``Unclear`` or ``Pending`` and never as a crash.
"""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from tasks.domain.errors import Failed, GatewayError, Moderated, Refused
from tasks.domain.job import Pending
from tasks.domain.model import Inputs, Model, narrow, why_not
from tasks.domain.order import Order, Reply
from tasks.domain.redaction import CONTROL, cut
from tasks.domain.shot import Size

LONGEST = 300  # characters of a gateway's words that are kept
SEARCHED = 20_000  # characters of them that are looked through for what must not be kept
RATIOS = {"16:9": Decimal(16) / 9, "9:16": Decimal(9) / 16, "1:1": Decimal(1)}
LARGEST = 10**100  # of a whole number: ids have nineteen digits and more
ODD = Decimal("NaN")  # what stands where a sum belongs and is none
LONGEST_NUMBER = 100  # digits before or behind the point; what has more is no number that anybody means

_HARMLESS = re.compile(
    r"(?:retry|rate|limit|cors|cache|retention|billing|quota|scheduling)[ _-]polic(?:y|ies)"
    r"|(?:case|time|price)[ _-]sensitive|(?:thread|type)[ _-]safety",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"(?<![a-z])(?:moderation|moderated|sensitive|safety|polic(?:y|ies)|prohibited|nsfw|flagged|e005)(?![a-z0-9])"
    r"|content[ _-]?(?:polic|filter)|data[ _-]?inspection|raimediafiltered",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # between the words of OutputVideoSensitiveContentDetected


def dig(data: Any, *path: str | int) -> Any:
    """The value at a path of keys and indexes, or None where the path leaves what is there."""
    for step in path:
        if isinstance(data, Mapping) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and -len(data) <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def text_of(value: Any) -> str:
    """A string or a whole number as one clean line; empty for everything else.

    Control characters become blanks and lone surrogates ``?``, so that the text can be printed, quoted, stored.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return str(value)
    if not isinstance(value, str):
        return ""
    return CONTROL.sub(" ", value.encode("utf-8", "replace").decode()).strip()


def whole_of(value: Any) -> int | None:
    """A number of up to three digits, also as text (an HTTP status inside a body); None for the rest."""
    text = text_of(value)
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else None


def number_of(value: Any) -> Decimal | None:
    """A finite number, also as text; None for the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < LONGEST_NUMBER else None


def money_of(value: Any) -> Decimal | None:
    """An amount that can be money: a finite number of at least 0, also as text; None for the rest."""
    amount = number_of(value)
    return amount if amount is not None and amount >= 0 else None


def usd_of(value: Any, per_usd: int = 1) -> Decimal | None:
    """Reported US dollars, or credits at ``per_usd`` a dollar: as they stand there, and NaN for what is no number.

    None where nothing stands there. Whether a sum is believed is not decided here.
    """
    if value is None or value == "":
        return None
    amount = number_of(value)
    return ODD if amount is None else amount / per_usd


def first_url(*places: Any) -> str:
    """The first http(s) address in the places given, each a string or a list of strings; empty if none."""
    for place in places:
        for value in place if isinstance(place, list) else [place]:
            if isinstance(value, str) and _is_address(value.strip()):
                return value.strip()
    return ""


def _is_address(text: str) -> bool:
    if not re.fullmatch(r"https?://[^\s\x00-\x1f\x7f\ud800-\udfff]+", text, re.IGNORECASE):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def is_ok(reply: Reply) -> bool:
    """Whether the HTTP status is a 2xx."""
    return 200 <= reply.status < 300


def word_of(reply: Reply) -> str:
    """The job's status word in lower case; empty unless a 2xx carries one."""
    return text_of(dig(reply.data, "status")).lower() if is_ok(reply) else ""


def codes_of(reply: Reply) -> frozenset[str]:
    """Every machine-readable name that a body gives its error, in lower case."""
    data = reply.data
    error = dig(data, "error")
    places = [error, dig(data, "code"), dig(data, "type"), *(dig(error, k) for k in ("code", "type", "name"))]
    return frozenset(text.lower() for place in places if (text := text_of(place)))


def words_of(reply: Reply) -> str:
    """The gateway's own words in full, ``code: message``; empty where the body has none."""
    data = reply.data
    error = dig(data, "error")
    names = (dig(error, "code"), dig(error, "type"), dig(error, "name"), error, dig(data, "code"))
    texts = (dig(error, "message"), dig(data, "message"), dig(data, "msg"), dig(data, "detail"), dig(error, "detail"))
    name = next(filter(None, map(text_of, names)), "")
    text = next(filter(None, map(_line_of, texts)), "")
    return ": ".join(part for part in dict.fromkeys((name, text)) if part)


def _line_of(value: Any) -> str:
    """A text, or a list in one line: some validators send a list of texts, FastAPI one of ``loc`` and ``msg``."""
    if not isinstance(value, list):
        return text_of(value)
    return "; ".join(filter(None, (_fault_of(one) if isinstance(one, Mapping) else text_of(one) for one in value)))


def _fault_of(fault: Mapping[str, Any]) -> str:
    """``body.seconds: Field required``."""
    loc = fault.get("loc")
    where = ".".join(filter(None, map(text_of, loc))) if isinstance(loc, list) else ""
    return ": ".join(filter(None, (where, text_of(fault.get("msg")))))


def said(reply: Reply, otherwise: str = "") -> str:
    """The gateway's own words on one line of at most 300 characters, echoed secrets cut; else a stand-in."""
    words = cut(words_of(reply)[:SEARCHED]) or otherwise or f"HTTP {reply.status}"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}..."


def speaks_of_policy(reply: Reply) -> bool:
    """Whether the code or message of a failure speaks of content policy. Ask only about failures."""
    return speaks_of(" ".join((words_of(reply), *codes_of(reply))))


def speaks_of(text: str) -> bool:
    """Whether words of a failure speak of content policy, also where they are written in one with humps."""
    return any(_POLICY.search(_HARMLESS.sub(" ", one)) for one in (text, split_humps(text)))


def split_humps(text: str) -> str:
    """``DataInspectionFailed`` as three words."""
    return _HUMP.sub(" ", text)


def failure(reply: Reply, *, charge: Decimal | None = None, free: bool | None = None) -> GatewayError:
    """The error of a job that the gateway gave up, ``Moderated`` or ``Failed``.

    ``charge`` is what the reply says that it took in US dollars, ``free`` whether it says that it took nothing; None
    where it is silent.
    """
    kind = Moderated if speaks_of_policy(reply) else Failed
    return kind(said(reply, word_of(reply)), charge=charge, free=free)


def waiting(reply: Reply, known: Collection[str], word: str = "") -> Pending:
    """``Pending`` for every poll that is no final word; ``known`` are the words that the documents name.

    ``word`` is the job's where the adapter found it elsewhere than in ``status``.
    """
    word = word or word_of(reply)
    if word:
        return Pending(word[:60], known=word in known)
    return Pending(f"HTTP {reply.status}", known=not is_ok(reply))


def check(order: Order, *modes: str) -> None:
    """Check that the adapter, which has these ``modes``, and the order's model take the order.

    Raises ``Refused`` when they do not, with every reason.
    """
    model, mode = order.route.model, order.shot.mode
    faults = []
    if mode not in modes or mode not in model.modes:
        faults.append(f"{model.route} has no {mode.replace('_', ' ')}")
    elif mode == "image_to_video" and not model.final_of and not (order.frame and order.frame.uri):
        faults.append("image to video needs an image")
    held = Inputs(mode == "image_to_video", order.last_frame is not None, len(order.references))
    faults += [reason] if (reason := why_not(model, held)) else []
    left = narrow(model, held)
    if not _takes_seconds(left, order.seconds):
        faults.append(f"takes {_seconds_text(left)} seconds")
    if left.sizes and order.size not in left.sizes:
        faults.append(f"takes {_either([str(size) for size in left.sizes])}")
    if faults:
        raise Refused("; ".join(faults))


def _takes_seconds(model: Model, seconds: Decimal) -> bool:
    if not seconds.is_finite() or seconds != int(seconds) or seconds <= 0:
        return False
    if model.any_seconds and model.any_seconds[0] <= seconds <= model.any_seconds[1]:
        return True
    return seconds in model.seconds or not (model.seconds or model.any_seconds)


def _seconds_text(model: Model) -> str:
    texts = [str(seconds) for seconds in model.seconds]
    texts += [f"{model.any_seconds[0]} to {model.any_seconds[1]}"] if model.any_seconds else []
    return _either(texts) if texts else "whole"


def _either(texts: list[str]) -> str:
    """``4, 8 or 12``."""
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def aspect_of(size: Size, *offered: str) -> str:
    """The ratio, of those offered (default 16:9, 9:16, 1:1), within 3 % of the size's.

    Raises ``Refused`` when none is.
    """
    ratios = offered or tuple(RATIOS)
    for name in ratios:
        if abs(Decimal(size.width) / size.height / RATIOS[name] - 1) <= Decimal("0.03"):
            return name
    raise Refused(f"takes {_either(list(ratios))}, not {size}")


def extras(order: Order) -> dict[str, Any]:
    """What only some models take: the constants in ``fields.body`` of the model's entry, then the shot's
    seed, audio and negative prompt where the entry says that the model takes them."""
    shot, model = order.shot, order.route.model
    constants = dig(model.fields, "body")
    asked: dict[str, Any] = {
        "seed": shot.seed if model.seed else None,
        "generate_audio": shot.audio if model.audio else None,
        "negative_prompt": (shot.negative_prompt or None) if model.negative_prompt else None,
    }
    wanted = {name: value for name, value in asked.items() if value is not None}
    return {**(constants if isinstance(constants, Mapping) else {}), **wanted}
