"""Which options reach which store, and what an address says of itself."""

from typing import Any

import pytest

from tasks.storage.backends import KINDS, is_chained, kind_of, options_for, scheme_of, sort_options

V4 = {"use_listings_cache": False, "config_kwargs": {"signature_version": "s3v4"}}
SSH = {"known_hosts": (), "connect_timeout": 15, "keepalive_interval": 15}


@pytest.mark.parametrize(
    ("url", "scheme", "kind"),
    [
        ("out/demo", "file", "local"),
        ("/films/a:b", "file", "local"),
        ("file:///films", "file", "local"),
        ("memory://films", "memory", "memory"),
        ("s3://films/a", "s3", "s3"),
        ("S3A://films/a", "S3A", "s3"),
        ("abfss://films@account.dfs.core.windows.net/a", "abfss", "azure"),
        ("az://films", "az", "azure"),
        ("gcs://films", "gcs", "gcs"),
        ("ssh://host/films", "ssh", "sftp"),
        ("ftp://host/films", "ftp", "other"),
        ("zip://a::s3://films/a.zip", "zip", "other"),
        ("simplecache::s3://films/a", "simplecache::s3", "other"),
    ],
)
def test_kinds(url: str, scheme: str, kind: str) -> None:
    """An address tells its kind of store by its scheme, in any case; a path is local, the unknown is another."""
    assert (scheme_of(url), kind_of(url).name) == (scheme, kind)


@pytest.mark.parametrize(
    ("url", "told", "given"),
    [
        ("s3://b", {}, V4),
        ("s3://b", {"endpoint_url": "http://h", "profile": "me"}, {**V4, "endpoint_url": "http://h", "profile": "me"}),
        ("s3://b", {"region": "eu-west-1"}, {**V4, "client_kwargs": {"region_name": "eu-west-1"}}),
        ("s3://b", {"use_listings_cache": True}, {**V4, "use_listings_cache": True}),
        ("az://b", {"account_name": "a"}, {"use_listings_cache": False, "account_name": "a"}),
        ("az://b", {"endpoint_url": "https://a.host/"}, {"use_listings_cache": False, "account_host": "a.host"}),
        ("gs://b", {"project": "p"}, {"use_listings_cache": False, "project": "p"}),
        ("sftp://h/d", {"client_keys": ["k"]}, {**SSH, "client_keys": ["k"]}),
        ("sftp://h/d", {"known_hosts": "hosts"}, {**SSH, "known_hosts": "hosts"}),
        ("/films", {"endpoint_url": "http://h"}, {}),
        ("memory://films", {"endpoint_url": "http://h"}, {}),
        ("ftp://h/d", {"username": "me"}, {"username": "me"}),
        ("s3://b", {"s3": {"profile": "me"}, "sftp": {"port": 7}}, {**V4, "profile": "me"}),
        ("sftp://h/d", {"s3": {"profile": "me"}, "sftp": {"port": 7}}, {**SSH, "port": 7}),
        ("s3://b", {"profile": "you", "s3": {"profile": "me"}}, {**V4, "profile": "me"}),
        ("gs://b", {"s3": {"profile": "me"}}, {"use_listings_cache": False}),
        ("s3://b", {"s3": "no table"}, {**V4, "s3": "no table"}),
    ],
)
def test_options(url: str, told: dict[str, Any], given: dict[str, Any]) -> None:
    """A store is told what stands in no table or in its own, in its library's words, and nothing of the others'."""
    assert options_for(url, told) == given


@pytest.mark.parametrize(
    ("options", "target", "tables"),
    [
        ({}, "out", {"local": {}}),
        ({"region": "r"}, "s3://b", {"s3": {"region": "r"}}),
        ({"region": "r", "sftp": {"port": 7}}, "s3://b", {"s3": {"region": "r"}, "sftp": {"port": 7}}),
        ({"region": "r", "s3": {"region": "q"}}, "s3://b", {"s3": {"region": "q"}}),
        ({"s3": {"region": "q"}}, "out", {"s3": {"region": "q"}, "local": {}}),
    ],
)
def test_options_have_a_home(options: dict[str, Any], target: str, tables: dict[str, Any]) -> None:
    """Options that stand in no table are the target's: a board on another store is opened without them."""
    assert sort_options(options, target) == tables
    assert sort_options(sort_options(options, target), target) == tables


def test_the_targets_options_stay_with_the_target() -> None:
    """A key for the target's S3 server is told to no Azure, SFTP or other store that a board lies on."""
    tables = sort_options({"key": "mine", "endpoint_url": "http://h"}, "s3://films")
    for kind in KINDS:
        given = options_for(f"{kind.schemes[0]}://films/a", tables)
        assert ("mine" in str(given)) == (kind.name == "s3")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [("zip://a::s3://b/c", True), ("simplecache::s3://b", True), ("s3://b/a::b", True), ("take::1.png", False)],
)
def test_chained(url: str, wanted: bool) -> None:
    """A store on top of another is told by its two colons; a local name may have them."""
    assert is_chained(url) == wanted
