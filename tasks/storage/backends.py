"""The kinds of store: how addresses name them, what they can do, their options, and the class that writes there.

A kind is one row of `KINDS`. Nothing here touches a store.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.storage.disk import Disk
from tasks.storage.objects import Objects
from tasks.storage.writers import S3, Azure, Gcs, Memory, Sftp

ONE_SLASH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?!//)(/?)(.*)", re.DOTALL)
NO_COLON = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)//(.*)", re.DOTALL)
OF_WINDOWS = re.compile(r"[A-Za-z]:\\.*", re.DOTALL)
WEB = ("http", "https")
PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
Options = Mapping[str, Any]


def _as_given(told: Options) -> dict[str, Any]:
    return dict(told)


def _nothing(_: Options) -> dict[str, Any]:
    return {}


def _s3(told: Options) -> dict[str, Any]:
    options = {"use_listings_cache": False, **told}  # listings go stale on object stores
    options.setdefault("config_kwargs", {"signature_version": "s3v4"})  # signed URLs need it
    if region := options.pop("region", ""):  # s3fs takes it only under another name
        options["client_kwargs"] = {"region_name": region, **options.get("client_kwargs", {})}
    return options


def _azure(told: Options) -> dict[str, Any]:
    options = {"use_listings_cache": False, **told}
    if endpoint := str(options.pop("endpoint_url", "")):  # adlfs takes a bare host, and https alone
        options["account_host"] = endpoint.removeprefix("https://").strip("/")
    return options


def _gcs(told: Options) -> dict[str, Any]:
    return {"use_listings_cache": False, **told}


def _sftp(told: Options) -> dict[str, Any]:
    """sshfs would accept any host key; here the user's ``known_hosts`` counts, as with ``ssh`` itself.

    Keepalives (seconds apart) hold a connection open while gateways work, and notice one that is dead.
    """
    return {"known_hosts": (), "connect_timeout": 15, "keepalive_interval": 15, **told}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of store; ``name`` is also the name of its sub-table of ``[target] options``.

    ``way`` is the class that writes objects there. ``extra`` is the extra of this package that it needs. ``creates``:
    its exclusive create can be relied on, because a test with sixteen writers at once had exactly one winner or because
    the store's manual promises it. ``signs``: it can make URLs that read an object. ``chosen``: its address names a
    machine, so whoever writes the address decides which machine is contacted. ``fill`` turns a user's options into the
    arguments of its client library.
    """

    name: str
    schemes: tuple[str, ...] = ()
    way: type[Objects] = Objects
    extra: str = ""
    creates: bool = False
    signs: bool = False
    chosen: bool = False
    fill: Callable[[Options], dict[str, Any]] = _as_given


KINDS = (
    Kind("local", ("file", "local"), Disk, creates=True, fill=_nothing),
    Kind("memory", ("memory",), Memory, creates=True, fill=_nothing),
    Kind("s3", ("s3", "s3a"), S3, "s3", creates=True, signs=True, fill=_s3),
    Kind("azure", ("abfs", "abfss", "az"), Azure, "azure", creates=True, signs=True, fill=_azure),
    Kind("gcs", ("gs", "gcs"), Gcs, "gcs", creates=True, signs=True, fill=_gcs),
    Kind("sftp", ("sftp", "ssh"), Sftp, "sftp", creates=True, chosen=True, fill=_sftp),
)
OTHER = Kind("other", chosen=True)
NAMES = tuple(kind.name for kind in (*KINDS, OTHER))


def scheme_of(url: str) -> str:
    """``s3`` of ``s3://bucket``, ``file`` of a local path."""
    scheme, found, _ = url.partition("://")
    return scheme if found else "file"


def kind_of(url: str) -> Kind:
    """The kind of store at an address."""
    scheme = scheme_of(url).lower()
    return next((kind for kind in KINDS if scheme in kind.schemes), OTHER)


def misspelled(url: str) -> str:
    """What is wrong with an address that lacks slashes or its colon (``s3:/bucket``, ``s3//bucket``), or with a folder
    of another kind of machine, in words; empty when nothing is.

    A folder can have such a name: it is written ``./s3:/bucket``.
    """
    same = f"or ./{url} for a folder of that name"
    if OF_WINDOWS.fullmatch(url) and os.name != "nt":
        return f"is a folder of Windows, and this machine is none: write where it is here, {same}"
    known = {*WEB, *(scheme for kind in KINDS for scheme in kind.schemes)}
    if (found := NO_COLON.fullmatch(url)) and found[1].lower() in known:
        return f"lacks the colon of an address: write {_address(found[1], found[2])}, {same}"
    found = ONE_SLASH.fullmatch(url)
    if found is None or not (found[2] or found[1].lower() in known):
        return ""  # a file name with a colon
    lacks = "has one slash where an address has two" if found[2] else "lacks the two slashes of an address"
    return f"{lacks}: write {_address(found[1], found[3])}, {same}"


def _address(scheme: str, rest: str) -> str:
    local = kind_of(f"{scheme}://").name == "local"
    return f"{scheme.lower()}://{'/' * local}{rest.replace(chr(92), '/').lstrip('/')}"


def without_password(url: str) -> str:
    """The address without user and password, for people to see."""
    return PASSWORD.sub("://", url)


def is_chained(url: str) -> bool:
    """Whether an address puts one store on top of another (``zip://a::s3://b``)."""
    return "://" in url and "::" in url


def sort_options(options: Options, target: str) -> dict[str, dict[str, Any]]:
    """The options by kind of store: those outside the tables of the kinds belong to the target's kind."""
    tables = {name: dict(value) for name, value in options.items() if _is_table(name, value)}
    flat = {name: value for name, value in options.items() if name not in tables}
    home = kind_of(target).name
    return {**tables, home: {**flat, **tables.get(home, {})}}


def options_for(url: str, options: Options) -> dict[str, Any]:
    """The arguments of the client library for the store at ``url``."""
    kind = kind_of(url)
    flat = {name: value for name, value in options.items() if not _is_table(name, value)}
    own = options.get(kind.name, {})
    return kind.fill({**flat, **(own if _is_table(kind.name, own) else {})})


def _is_table(name: str, value: object) -> bool:
    return name in NAMES and isinstance(value, Mapping)
