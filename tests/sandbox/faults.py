"""Fault scripts: what goes wrong, for whom, how often. TOML or JSON in, a Script out, every mistake named.

A script has an optional top-level ``job_seconds``, a table ``[gateway.NAME]`` of options (limits, latency,
the wallet; see ``protocol.Options``) and any number of ``[[fault]]``::

    [[fault]]
    do = "lost_after"          # what happens; ``kind = "rate"`` or ``status = 502`` alone are enough too
    gateway = "pixazo"         # default: every gateway
    prompt = "storm"           # part of the prompt, or /a regular expression/
    nth = [1, 3]               # the gateway's n-th order, counted from 1; ``every = 7`` is each seventh
    times = 2                  # how often; default: always
    per = "prompt"             # what `times` counts by: all, prompt or job (default: all for submits, else job)

==================  ==================================================================================
at a submit, a poll or a download (``phase``; default submit)
  status            any HTTP status, with ``body`` and ``retry_after`` (a number, or "date:+3")
  kind              the gateway's own documented error by name (``protocol.KINDS``)
  html              a web page, 200 or ``status``
  front             what a proxy in between says by itself, by name in ``front`` (``fronts.FRONTS``)
  malformed         2xx and half a JSON object (at a submit: after the order was accepted)
  lost_before       the connection is closed, no reply, nothing was accepted
  lost_after        the same, after the order was accepted
  hang              no byte for ``seconds``, then as lost
  endless           JSON that never ends, or at a download bytes that never do
  heads             headers of 10 MB
  bomb              200 MB in a gzip of 200 kB
  redirect          302 to ``url``, at a download by default once round this server
  in a ``message`` ``{key}`` is the key as it was sent, ``{key64}`` in base64, ``{key_url}`` as in an address
  ``accepted = true`` at a submit: the order is accepted all the same
how a job goes (no phase)
  failed error      it ends so; ``charged`` and ``message`` as wanted
  moderated_async   it ends failed by content policy
  stuck             it never ends
  late              it takes ``seconds``
  black frozen      it ends well, and its clip is so; ``strobing``, ``cut inside`` and ``bars`` too
  filmed            its clip has so many pictures a second as ``shape`` says, and sounds: ``24 sound``
  shape             a documented variant of the replies, by name in ``shape``
at a poll
  unknown_status    a status word that no document names (``word``)
  no_url            completed, without a URL
  url               completed, with ``url`` as it is written
  other_job         what there is to say, under the id of another job
at a download
  expired           403 for this URL for ever; asking after the job again gives a fresh one
  truncated         fewer bytes than Content-Length says, then closed
  short             a reply in order, of a file cut in two
  slow              the whole file, dripping over ``seconds``
  wrong             a web page as video/mp4
  turning           a web page that is another one each time
  empty             200 and no byte
  claims            a Content-Length of 100 GB
  container         a clip in another container, by name in ``shape`` (``containers.KINDS`` or ``hls``)
  lying             an mp4 whose header counts fifty million samples
==================  ==================================================================================
"""

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.sandbox.fronts import FRONTS
from tests.sandbox.media import FLAWS
from tests.sandbox.protocol import KINDS, Gateway, Job, Options

ANY_PHASE = (
    "status",
    "kind",
    "html",
    "front",
    "malformed",
    "lost_before",
    "lost_after",
    "hang",
    "redirect",
    "endless",
    "heads",
    "bomb",
)
JOB = ("failed", "error", "moderated_async", "stuck", "late", "shape", "filmed", *FLAWS)
POLL = ("unknown_status", "no_url", "url", "other_job")
MEDIA = ("expired", "truncated", "short", "slow", "wrong", "turning", "empty", "claims", "lying", "container")
WHEN_DONE = ("no_url", "url")
PHASES = ("submit", "poll", "media")


class ScriptError(ValueError):
    """A fault script that cannot be read; its text holds every mistake, a line each."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of a script; the module's text says what each field means."""

    do: str
    phase: str = "submit"
    gateway: str = ""
    prompt: str = ""
    nth: tuple[int, ...] = ()
    every: int = 0
    times: int | None = None
    per: str = "all"
    kind: str = ""
    status: int = 0
    retry_after: str = ""
    body: str | None = None
    accepted: bool = False
    charged: bool | None = None
    message: str = ""
    word: str = "warming_up"
    seconds: float = 2.0
    url: str = ""
    shape: str = ""
    front: str = ""

    def meets(self, phase: str, gateway: str, prompt: str, n: int) -> bool:
        """Whether this is the moment, but for how often."""
        return (
            self.phase == phase
            and self.gateway in ("", gateway)
            and (not self.nth or n in self.nth)
            and (not self.every or n % self.every == 0)
            and self._speaks_of(prompt)
        )

    def _speaks_of(self, prompt: str) -> bool:
        if len(self.prompt) > 2 and self.prompt[0] == self.prompt[-1] == "/":
            return re.search(self.prompt[1:-1], prompt) is not None
        return self.prompt in prompt


@dataclass(slots=True)
class Script:
    """The faults in force, with their counts, and the options of each gateway."""

    faults: tuple[Fault, ...] = ()
    job_seconds: float | None = None
    options: dict[str, Options] = field(default_factory=dict)
    counts: dict[tuple[int, str], int] = field(default_factory=dict)

    def pick(
        self, phase: str, gateway: str, prompt: str, n: int, job: Job | None = None, done: bool = True
    ) -> Fault | None:
        """The first fault that applies now; it is counted."""
        return next(self.all_of(phase, gateway, prompt, n, job, done), None)

    def all_of(
        self, phase: str, gateway: str, prompt: str, n: int, job: Job | None = None, done: bool = True
    ) -> Iterator[Fault]:
        """Every fault that applies now; each is counted as it is taken."""
        for index, fault in enumerate(self.faults):
            if not fault.meets(phase, gateway, prompt, n) or (fault.do in WHEN_DONE and not done):
                continue
            if self._take(index, fault, prompt, job):
                yield fault

    def _take(self, index: int, fault: Fault, prompt: str, job: Job | None) -> bool:
        if fault.times is None:
            return True
        if fault.per == "job" and job is not None:
            seen = job.counts[index] = job.counts.get(index, 0) + 1
        else:
            key = index, prompt if fault.per == "prompt" else ""
            seen = self.counts[key] = self.counts.get(key, 0) + 1
        return seen <= fault.times


def parse(text: str) -> dict[str, Any]:
    """A script's TOML or JSON as a mapping, or ScriptError."""
    try:
        value = json.loads(text) if text.lstrip()[:1] == "{" else tomllib.loads(text)
    except ValueError as problem:
        raise ScriptError(f"not TOML and not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise ScriptError("a script is a table")
    return value


def read_script(data: Mapping[str, Any], gateways: Mapping[str, Gateway]) -> Script:
    """A Script of a mapping (``fault``, ``gateway``, ``job_seconds``), or ScriptError naming every mistake."""
    wrong = [f"unknown key {key!r}" for key in data if key not in ("fault", "gateway", "job_seconds")]
    if not isinstance(data.get("job_seconds"), int | float | None):
        wrong.append("job_seconds must be a number")
    faults, options = [], {name: Options() for name in gateways}
    listed, tables = data.get("fault", []), data.get("gateway", {})
    if not isinstance(listed, list) or not isinstance(tables, Mapping):
        raise ScriptError("\n".join([*wrong, "faults stand in [[fault]], options in [gateway.NAME]"]))
    for number, given in enumerate(listed, 1):
        try:
            faults.append(_fault(given, gateways))
        except (TypeError, ValueError) as problem:
            wrong.append(f"fault {number}: {problem}")
    for name, given in tables.items():
        try:
            if name not in gateways:
                raise ValueError(f"no such gateway; there are {', '.join(gateways)}")
            options[name] = _options(given)
        except (TypeError, ValueError) as problem:
            wrong.append(f"gateway {name}: {problem}")
    if wrong:
        raise ScriptError("\n".join(wrong))
    return Script(tuple(faults), data.get("job_seconds"), options)


def _known(given: Mapping[str, Any], kind: type) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{given!r} is no table")
    names = {known.name for known in dataclasses.fields(kind)}
    if strange := sorted(set(given) - names):
        raise ValueError(f"unknown {', '.join(strange)}; known are {', '.join(sorted(names))}")


def _typed(values: Mapping[str, Any], kind: type) -> None:
    for known in dataclasses.fields(kind):
        wanted: Any = known.type
        if known.name not in values or known.name == "nth":
            continue
        if not isinstance(values[known.name], wanted | int if "float" in str(wanted) else wanted):
            raise TypeError(f"{known.name} cannot be {values[known.name]!r}")


def _options(given: Mapping[str, Any]) -> Options:
    _known(given, Options)
    values = dict(given)
    if values.get("credit_usd") is not None:
        values["credit_usd"] = Decimal(str(values["credit_usd"]))
    _typed(values, Options)
    return Options(**values)


def _fault(given: Mapping[str, Any], gateways: Mapping[str, Gateway]) -> Fault:
    _known(given, Fault)
    values = dict(given)
    do = values.setdefault("do", "kind" if "kind" in values else "status" if "status" in values else "")
    if do in KINDS:
        values |= {"do": "kind", "kind": do}
    nth = values.get("nth", ())
    values["nth"] = (nth,) if isinstance(nth, int) else tuple(nth)
    values["retry_after"] = str(values.get("retry_after", ""))
    if isinstance(values.get("body"), Mapping | Sequence) and not isinstance(values["body"], str):
        values["body"] = json.dumps(values["body"])
    values["phase"] = _phase(values)
    values.setdefault("per", "all" if values["phase"] == "submit" else "job")
    if values["do"] == "unknown_status":
        values.setdefault("times", 2)
    _typed(values, Fault)
    fault = Fault(**values)
    _sound(fault, gateways)
    return fault


def _phase(values: Mapping[str, Any]) -> str:
    for phase, names in (("job", JOB), ("poll", POLL), ("media", MEDIA)):
        if values["do"] in names:
            if values.get("phase", phase) != phase:
                raise ValueError(f"{values['do']} has no phase {values['phase']!r}")
            return phase
    return str(values.get("phase", "submit"))


def _sound(fault: Fault, gateways: Mapping[str, Gateway]) -> None:
    if fault.do not in ANY_PHASE + JOB + POLL + MEDIA:
        raise ValueError(f"do {fault.do!r} is none of {', '.join(ANY_PHASE + JOB + POLL + MEDIA + KINDS)}")
    if fault.phase not in (*PHASES, "job"):
        raise ValueError(f"phase {fault.phase!r} is none of {', '.join(PHASES)}")
    if fault.gateway not in ("", *gateways):
        raise ValueError(f"gateway {fault.gateway!r} is none of {', '.join(gateways)}")
    if fault.per not in ("all", "prompt", "job"):
        raise ValueError(f"per {fault.per!r} is none of all, prompt, job")
    if fault.do == "kind" and (fault.kind not in KINDS or fault.phase == "media"):
        raise ValueError(f"kind {fault.kind!r} is none of {', '.join(KINDS)}, or this is a download")
    if fault.do == "status" and not 200 <= fault.status <= 599:
        raise ValueError("status must be from 200 to 599")
    if fault.do == "front" and fault.front not in FRONTS:
        raise ValueError(f"front {fault.front!r} is none of {', '.join(FRONTS)}")
    shapes = [name for gateway in gateways.values() for name in gateway.shapes]
    if fault.do == "shape" and fault.shape not in shapes:
        raise ValueError(f"shape {fault.shape!r} is none of {', '.join(shapes)}")
    if len(fault.prompt) > 2 and fault.prompt[0] == fault.prompt[-1] == "/":
        try:
            re.compile(fault.prompt[1:-1])
        except re.error as problem:
            raise ValueError(f"prompt is no regular expression: {problem}") from None
