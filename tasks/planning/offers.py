"""Which routes can make a shot, what each would be sent, and what it would cost; and why the others cannot."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tasks.config import (
    Catalogue,
    Chain,
    ProviderSettings,
    Settings,
    is_retired,
    lifecycle,
    quote,
    snap_seconds,
    snap_size,
)
from tasks.domain.identity import number_text
from tasks.domain.model import Inputs, Model, Route, narrow, why_not
from tasks.domain.money import usd_text
from tasks.domain.plan import Offer
from tasks.domain.pricing import Usage
from tasks.domain.shot import Shot, Shown, Size
from tasks.planning.shapes import describe_fit

LACKS = re.compile(r"([^:]+):.*: (\w+) is not set")  # how `_closed` names a missing key
Image = tuple[str, Size | None]
Found = tuple[tuple[Offer, ...], tuple[str, ...]]


class OfferFinder:
    """Finds the routes of a config on one day, for a target that can sign URLs or not.

    ``warnings`` is what a user should know of the routes that were looked at, each line once, in order.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue, today: date, signs: bool) -> None:
        self.settings, self.catalogue = settings, catalogue
        self.today, self.signs = today, signs
        self.endings: dict[str, dict[str, str]] = {}  # what is said of models' ends -> route -> its place in the chain
        self.memo: dict[tuple[object, ...], Found] = {}
        self.lengths: dict[str, Decimal | None] = {}  # seconds of remixes' sources, by shot_id or as named

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes of the config, then how long models live: a route with its place, those that end alike together."""
        ends = [
            f"{', '.join(routes)}: each {soon}" if len(routes) > 1 else f"{next(iter(routes.values()))} {soon}"
            for soon, routes in self.endings.items()
        ]
        return (*dict.fromkeys(self.settings.notes), *ends)

    def offers(self, shot: Shot, image: Image, remix: str) -> Found:
        """The usable routes in the chain's order, and the reasons why the others are not.

        ``image`` says how the picture could be sent as it is (``url`` and its size), ``remix`` who made the source: a
        provider, ``url`` or ``file``. Shots that ask for the same share one answer.
        """
        what = shot.route, shot.mode, shot.seconds, shot.size, shot.audio
        asked = (*what, image, remix, shot.source_shot, shot.last_image, shot.references, self.length_of_source(shot))
        if asked not in self.memo:
            chain, names = self._routes(shot)
            routes = tuple(dict.fromkeys(names))
            found = self._affordable([self._offer(name, shot, chain, image, remix) for name in routes])
            self._warn(routes, found)
            usable = tuple(one for one in found if isinstance(one, Offer))
            self.memo[asked] = usable, tuple(one for one in found if isinstance(one, str)) or self._unknown(shot)
        return self.memo[asked]

    def length_of_source(self, shot: Shot) -> Decimal | None:
        """The seconds of the clip that a remix starts from, where they are known."""
        return self.lengths.get(shot.source_shot or shot.source) if shot.mode == "remix" else None

    def unmeasured(self, shot: Shot, offer: Offer) -> list[str]:
        """What is to be said of a quote that rests on a source whose length nobody knows yet."""
        told = f"{offer.route.name} bills its source's seconds, not known yet: {offer.seconds} s are counted"
        known = shot.mode != "remix" or self.length_of_source(shot) is not None
        return [] if known or not offer.route.model.price.per_source_second else [told]

    def why_none(self, shot: Shot, passed_over: Sequence[str]) -> str:
        """Why the shot has no usable route: the reasons of each, or that its chain says nothing of its mode."""
        if passed_over:
            return _grouped(passed_over)
        chain = f"[chain.{shot.route}]" if shot.route in self.settings.chains and shot.route else "[chain]"
        free = ", ".join(
            f'"{m.route}"' for m in self.catalogue.models.values() if m.provider == "animatic" and shot.mode in m.modes
        )
        return (
            f"{chain} of {self.settings.path.name} has no route for {shot.mode}: add one, as in {shot.mode} = [{free}]"
        )

    def _warn(self, routes: tuple[str, ...], found: Sequence[Offer | str]) -> None:
        """Warn of every usable route that will be retired, with its place in the chain."""
        for place, one in enumerate(found):
            soon = lifecycle(one.route.model, self.today) if isinstance(one, Offer) else ""
            where = f"fallback {place}" if place else "first route"
            if soon:
                said = f"{where} ({routes[place]})" if len(routes) > 1 else routes[0]
                self.endings.setdefault(soon, {}).setdefault(routes[place], said)

    def _routes(self, shot: Shot) -> tuple[Chain, tuple[str, ...]]:
        """The shot's own route, its named chain's, or the default chain's."""
        chains = self.settings.chains
        default = chains.get("", Chain())
        if shot.route and shot.route in chains:
            return chains[shot.route], chains[shot.route].routes.get(shot.mode, ())
        if shot.route:
            return default, (shot.route,) if shot.route in self.catalogue.models else ()
        return default, default.routes.get(shot.mode, ())

    def _unknown(self, shot: Shot) -> tuple[str, ...]:
        if not shot.route or shot.route in self.settings.chains or shot.route in self.catalogue.models:
            return ()
        chains = sorted(name for name in self.settings.chains if name)
        named, near = ", ".join(chains) or "none", self.catalogue.nearest(shot.route, chains)
        return (f"{shot.route!r} is neither a route nor a named chain (named chains: {named}); {near}",)

    def _offer(self, name: str, shot: Shot, chain: Chain, image: Image, remix: str) -> Offer | str:
        """The route as an offer, or the reason why it is none."""
        model = self.catalogue.model(name)
        provider = self.settings.providers.get(model.provider)
        if reason := self._closed(model, provider, chain):
            return f"{name}: {reason}"
        if model.final_of:
            return f"{name}: finishes drafts and makes nothing else"
        if shot.mode not in model.modes:
            return f"{name}: does not make {shot.mode}"
        seconds, size = _snapped(model, shot, _firm(shot))
        if seconds is None:
            return f"{name}: takes no {number_text(shot.seconds)} s{_limiting(model, shot)}"
        if size is None:
            return f"{name}: makes nothing of the shape {shot.size}{_limiting(model, shot)}"
        if reason := why_not(model, _firm(shot)):
            return f"{name}: {reason}"
        shown, travels = self._sent(model, provider, size, shot, image)
        if travels is None:
            return f"{name}: takes images by URL only, and this target cannot sign one"
        if shot.mode == "remix" and not self._remixes(model, remix):
            return f"{name}: {_unremixable(model, shot)}"
        fee = provider.fee if provider else Decimal(0)
        route = Route(model, provider.options if provider else {})
        pictures = (shot.mode == "image_to_video") + bool(shot.last_image) + len(shown)
        audio, source = shot.audio if model.audio else None, self.length_of_source(shot)
        price = quote(model, Usage(seconds, *size, audio, pictures, source), fee)
        return Offer(route, seconds, size, price, travels, shown)

    def _closed(self, model: Model, provider: ProviderSettings | None, chain: Chain) -> str:
        if model.provider != "animatic" and provider is None:
            return f"the config has no [provider.{model.provider}]"
        if model.provider != "animatic" and provider is not None and not provider.ready:
            return provider.missing
        if is_retired(model, self.today) and not chain.allow_retired:
            return f"{lifecycle(model, self.today)} (allow_retired = true in [chain] tries it all the same)"
        return ""

    def _affordable(self, found: list[Offer | str]) -> list[Offer | str]:
        """The same without fallbacks that cost too many times what the first route does that costs anything."""
        factor = self.settings.render.max_fallback_factor
        first = next((one for one in found if isinstance(one, Offer) and one.quote), None)
        if factor is None or first is None:
            return found
        most, told = first.quote * factor, f"{factor} times the {usd_text(first.quote)} USD of {first.route.name}"
        return [
            f"{one.route.name}: costs {usd_text(one.quote)} USD, over {told} ([render] max_fallback_factor)"
            if isinstance(one, Offer) and one.quote > most
            else one
            for one in found
        ]

    def _sent(
        self, model: Model, provider: ProviderSettings | None, size: Size, shot: Shot, image: Image
    ) -> tuple[tuple[Shown, ...], str | None]:
        """The reference pictures that go out, and how all pictures do; None where this route cannot get them. What may
        go in words alone keeps no route from a shot."""
        firm = tuple(one for one in shot.references if one.firm)
        shown = _shown(model, shot)
        for pictures in dict.fromkeys((shown, firm)):
            if not pictures and shot.mode != "image_to_video":
                return (), ""
            others = (shot.last_image, *(one.image for one in pictures))
            if (travels := self._travels(model, provider, size, shot, image, others)) is not None:
                return pictures, travels
        return firm, None

    def _travels(
        self,
        model: Model,
        provider: ProviderSettings | None,
        size: Size,
        shot: Shot,
        image: Image,
        others: Sequence[str],
    ) -> str | None:
        """How the pictures are sent, or None where this route cannot get them."""
        if model.provider == "animatic":
            return ""
        for way in model.images:  # in the order of the catalogue's entry
            if way == "data" or self.signs:
                return "data" if way == "data" else "signed"
        if provider is not None and provider.options.get("allow_data_uri"):
            return "data"
        kind, known = image  # last, because the picture at the URL may change
        first = shot.mode != "image_to_video" or (kind == "url" and known in (None, size))
        public = all(one.startswith("https://") for one in others if one)
        return "as is" if "url" in model.images and first and public else None

    def _remixes(self, model: Model, remix: str) -> bool:
        if model.provider == "animatic" or ("job" in model.remix and remix == model.provider):
            return True
        if "data" in model.remix and remix:
            return True
        return "url" in model.remix and (remix == "url" or (self.signs and remix != "file"))


def _firm(shot: Shot) -> Inputs:
    """What a route has to take of the shot, or is passed over."""
    framed = shot.mode == "image_to_video"
    return Inputs(framed, bool(shot.last_image), sum(one.firm for one in shot.references), shot.audio is True)


def _snapped(model: Model, shot: Shot, asked: Inputs) -> tuple[Decimal | None, Size | None]:
    """The seconds and the size that the model would be sent with these inputs."""
    left = narrow(model, asked)
    return snap_seconds(left, shot.seconds), snap_size(left, shot.size)


def _limiting(model: Model, shot: Shot) -> str:
    """With which inputs, where the model would take the shot without them."""
    asked = _firm(shot)
    names = [name.replace("_", " ") for name in model.limits if getattr(asked, name)]
    return f" with {' and '.join(names)}" if names and None not in _snapped(model, shot, Inputs()) else ""


def _shown(model: Model, shot: Shot) -> tuple[Shown, ...]:
    """The reference pictures that the model is sent: all that are firm, and of the others as many as it takes and as
    change nothing of the clip's length and size."""
    left = sum(not one.firm for one in shot.references)
    asked = _firm(shot)
    while left:
        more = asked._replace(references=asked.references + left)
        if not why_not(model, more) and _snapped(model, shot, more) == _snapped(model, shot, asked):
            break
        left -= 1
    soft = [one for one in shot.references if not one.firm][:left]
    return tuple(one for one in shot.references if one.firm or one in soft)


def _untold(shot: Shot, offer: Offer) -> list[str]:
    """What of the cast goes out in words alone."""
    less = [one.name for one in shot.references if one not in offer.references]
    names = ", ".join(dict.fromkeys(less))
    if not offer.references:
        return [f"{offer.route.name} takes no pictures of {names} here: its text alone is sent"] if less else []
    return [f"{offer.route.name} is sent {len(offer.references)} of {len(shot.references)} reference pictures"] * bool(
        less
    )


def _grouped(passed_over: Sequence[str]) -> str:
    """The reasons of all routes; all missing keys are named in one phrase."""
    found = [LACKS.fullmatch(reason) for reason in passed_over]
    gateways = dict.fromkeys((one[1], one[2]) for one in found if one)
    others = [reason for reason, one in zip(passed_over, found, strict=True) if one is None]
    names = list(dict.fromkeys(variable for _, variable in gateways))
    number = f"{len(gateways)} gateways" if len(gateways) > 1 else "the gateway"
    listed = " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
    keys = [f"no key for {number}: set {listed}"] if names else []
    return "; ".join([*keys, *(["no usable route: " + "; ".join(others)] if others else [])])


def offer_warnings(shot: Shot, offer: Offer, picture: tuple[int, int] | None, *, foreign_source: bool) -> list[str]:
    """What a user should know of the offer before paying for it, a line each.

    ``picture`` has the upright pixels of the reference, None where they are not known; ``foreign_source``: whether the
    clip that a remix starts from was made elsewhere.
    """
    model, said = offer.route.model, []
    if offer.seconds != shot.seconds:
        said.append(f"{number_text(shot.seconds)} s becomes {number_text(offer.seconds)} s at {model.route}")
    if offer.size != shot.size:
        said.append(f"{shot.size} becomes {offer.size} at {model.route}")
    if picture:
        said += describe_fit(picture, offer.size, shot.fit)
    if shot.references:
        said += _untold(shot, offer)
    if shot.negative_prompt and not model.negative_prompt:
        said.append(f"{model.route} takes no negative prompt: sent as 'Avoid: ...'")
    if foreign_source and model.url_doubt:
        said.append(f"{model.route}: {model.url_doubt}")
    if model.low_confidence:
        said.append(f"the price of {model.route} is doubtful: {model.low_confidence}")
    return said


def _unremixable(model: Model, shot: Shot) -> str:
    if "url" in model.remix and not ("job" in model.remix and shot.source_shot):
        return "takes a source by its https address only, and there is none of it"
    return f"remixes only clips of its own: pin {shot.source_shot or 'the source'} to {model.provider}"
