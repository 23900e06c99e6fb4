"""What a gateway asks for a clip: one type for a price, whatever its shape. Pure.

A price may have several parts, which add up: a rate a second of the clip (or tokens, or a table), one a second of the
source, one a picture that is sent, one a second on a GPU; and a least sum a clip.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain.money import usd_text

ANY = "*"  # the key of a rate that holds for every size
TOKEN_FPS = 24  # frames a second by which video tokens are counted, whatever the clip has
TOKEN_PIXELS = 1024  # width x height x frames of one token
MILLION = Decimal(1_000_000)

Rates = Mapping[str, Decimal]
"""US dollars by size (``1280x720``), by resolution (``720p``: the short side), or for all (``*``)."""


class UnknownPriceError(LookupError):
    """The price list is silent about what would be ordered."""


def hundredths(seconds: float) -> Decimal:
    """Seconds as they were measured, to the hundredth: frames do not add up to more."""
    return Decimal(f"{seconds:.2f}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What an order uses: seconds and pixels of the clip as sent, sound (None: the gateway's default), pictures.

    ``source_seconds`` is the length of the clip that a remix starts from; None counts as long as the clip itself.
    """

    seconds: Decimal
    width: int
    height: int
    audio: bool | None = None
    pictures: int = 0
    source_seconds: Decimal | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Under which keys its rate may stand, the most exact one first."""
        return f"{self.width}x{self.height}", f"{min(self.width, self.height)}p", ANY

    @property
    def tokens(self) -> Decimal:
        return self.width * self.height * TOKEN_FPS * self.seconds / TOKEN_PIXELS


@dataclass(frozen=True, slots=True)
class Price:
    """One entry's price in US dollars.

    ``silent`` is the rate a second of a clip that was asked for without sound, where that is cheaper. ``pictures_free``
    of the pictures cost nothing. ``unit`` is what one of the units costs that the gateway counts in its replies.
    ``gpu_seconds`` is how long a clip is expected to take on the GPU that ``per_gpu_second`` pays for.
    """

    per_second: Rates = field(default_factory=dict)
    silent: Rates = field(default_factory=dict)
    table: Mapping[tuple[str, int], Decimal] = field(default_factory=dict)
    per_million_tokens: Rates = field(default_factory=dict)
    per_source_second: Rates = field(default_factory=dict)
    per_picture: Decimal = Decimal(0)
    pictures_free: int = 0
    per_gpu_second: Decimal | None = None
    gpu_seconds: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    unit: Decimal | None = None

    @property
    def bases(self) -> tuple[str, ...]:
        """The ways, of those that exclude each other, in which the clip itself is priced here."""
        ways = {
            "per_second": self.per_second,
            "table": self.table,
            "per_million_tokens": self.per_million_tokens,
            "per_gpu_second": self.per_gpu_second is not None,
        }
        return tuple(name for name, told in ways.items() if told)

    @property
    def free(self) -> bool:
        """Whether nothing that it names costs anything."""
        rates = (self.per_second, self.silent, self.table, self.per_million_tokens, self.per_source_second)
        sums = [self.per_picture, self.per_gpu_second or Decimal(0), self.minimum]
        return not any(rate for part in rates for rate in part.values()) and not any(sums)

    def quote(self, usage: Usage) -> Decimal:
        """US dollars for what an order uses, not rounded. Raises ``UnknownPriceError`` when the list does not say."""
        source = usage.seconds if usage.source_seconds is None else usage.source_seconds
        total = self._clip(usage)
        if self.per_source_second:
            total += _rate(self.per_source_second, usage) * max(source, usage.seconds)
        total += self.per_picture * max(usage.pictures - self.pictures_free, 0)
        return max(total, self.minimum)

    def _clip(self, usage: Usage) -> Decimal:
        if self.table:
            return self._tabled(usage)
        if self.per_million_tokens:
            return _rate(self.per_million_tokens, usage) * usage.tokens / MILLION
        if self.per_gpu_second is not None:
            return self.per_gpu_second * self.gpu_seconds
        if self.per_source_second and not self.per_second:
            return Decimal(0)  # the source's seconds are all that is billed
        rates = self.silent if usage.audio is False and self.silent else self.per_second
        return _rate(rates, usage) * usage.seconds

    def _tabled(self, usage: Usage) -> Decimal:
        for name in usage.names:
            if usage.seconds == int(usage.seconds) and (name, int(usage.seconds)) in self.table:
                return self.table[name, int(usage.seconds)]
        raise UnknownPriceError(f"no price for {usage.seconds} s at {usage.names[0]}")

    def measured(
        self, *, gpu_seconds: Decimal | None, units: Decimal | None, sent: Usage | None = None
    ) -> Decimal | None:
        """US dollars by what the gateway itself counted; None where it counted nothing that has a price here.

        ``units`` are those of ``unit``, else tokens, whose price is that of the size that was ``sent``.
        """
        if units is not None and self.unit is not None:
            return units * self.unit
        if units is not None and (token := self._token(sent)) is not None:
            return self._at_least(units * token)
        if gpu_seconds is None or self.per_gpu_second is None:
            return None
        return self._at_least(gpu_seconds * self.per_gpu_second)

    def _token(self, sent: Usage | None) -> Decimal | None:
        """US dollars a token; None where the list is silent about the size."""
        names = sent.names if sent else ()
        return next(
            (self.per_million_tokens[name] / MILLION for name in names if name in self.per_million_tokens), None
        )

    def _at_least(self, cost: Decimal) -> Decimal:
        return max(cost, self.minimum) if cost.is_finite() and cost > 0 else cost  # what is odd stays so

    def describe(self) -> str:
        """The price in a few words: ``0.10 USD/s``, ``0.28 USD/s, at least 0.56 USD``, ``free``."""
        if self.free:
            return "free"
        parts = [
            _words(self.per_second.values(), "USD/s"),
            _words(self.silent.values(), "USD/s without sound"),
            _words(self.table.values(), "USD"),
            _words(self.per_million_tokens.values(), "USD a million tokens"),
            _words(self.per_source_second.values(), "USD/s of the source"),
            _words([self.per_gpu_second or Decimal(0)], "USD a second on the GPU"),
            _words([self.per_picture], "USD a picture") + self._beyond(),
            _words([self.minimum], "USD", "at least "),
        ]
        return ", ".join(filter(None, parts))

    def _beyond(self) -> str:
        return f" beyond {self.pictures_free}" if self.per_picture and self.pictures_free else ""


def _rate(rates: Rates, usage: Usage) -> Decimal:
    for name in usage.names:
        if name in rates:
            return rates[name]
    raise UnknownPriceError(f"no price at {usage.names[0]}")


def _words(amounts: Iterable[Decimal], unit: str, before: str = "") -> str:
    """``0.30 to 0.50 USD/s``; empty where nothing is to be paid."""
    prices = sorted(amounts)
    if not prices or not prices[-1]:
        return ""
    low, high = usd_text(prices[0]), usd_text(prices[-1])
    return f"{before}{low} {unit}" if low == high else f"{before}{low} to {high} {unit}"
