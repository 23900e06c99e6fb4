"""How the tests of a run are handed out to its processes."""

import gc
from typing import Any

import pytest

from tests.conftest import ONE_SERVER, STORES, OneServer, worth_telling


def test_that_the_prefect_server_of_a_session_is_asked_by_one_process(request: pytest.FixtureRequest) -> None:
    """No test of `make test` outside what is handed out together starts that server once more."""
    asked = {item.nodeid for item in request.session.items if "prefect_server" in getattr(item, "fixturenames", ())}
    slow = {item.nodeid for item in request.session.items if item.get_closest_marker("slow")}
    assert [one for one in asked - slow if not one.startswith((*ONE_SERVER, "tests/browser/"))] == []


def test_that_the_servers_of_stores_are_asked_by_one_process(request: pytest.FixtureRequest) -> None:
    """No file outside what is handed out together starts Azurite or sshd once more."""
    servers = {"azure_server", "sftp_server"}
    modules = {item.nodeid: item.getparent(pytest.Module) for item in request.session.items}
    asked = {test for test, module in modules.items() if module and servers & vars(module.obj).keys()}
    slow = {item.nodeid for item in request.session.items if item.get_closest_marker("slow")}
    assert [one for one in asked - slow if not one.startswith((*STORES, *ONE_SERVER, "tests/browser/"))] == []


@pytest.mark.parametrize(
    ("test", "goes_with"),
    [
        ("tests/flows/cli/test_app.py::test_a[x]", "prefect"),
        ("tests/flows/test_pace.py::test_b", "prefect"),
        ("tests/hostile/test_secrets.py::test_c", "prefect"),
        ("tests/hostile/test_text.py::test_d[tests/flows/]", "tests/hostile/test_text.py"),
        ("tests/chain/test_faults.py::test_e[a::b]", "tests/chain/test_faults.py"),
        ("tests/tasks/storage/test_store.py::test_f[azure]", "stores"),
        ("tests/chain/test_any_target.py::test_g[sftp]", "stores"),
        ("tests/tasks/storyboard/test_reader.py::test_h", "tests/tasks/storyboard/test_reader.py"),
    ],
)
def test_what_one_process_gets(test: str, goes_with: str, pytestconfig: pytest.Config) -> None:
    """A file is for one process, and the files that share a server are for one process."""
    handed_out = OneServer.__new__(OneServer)
    handed_out.config = pytestconfig
    assert handed_out._split_scope(test) == goes_with


@pytest.mark.parametrize(
    ("when", "outcome", "told"),
    [
        ("setup", "passed", False),
        ("setup", "failed", True),
        ("setup", "skipped", True),
        ("call", "passed", True),
        ("call", "failed", True),
        ("call", "skipped", True),
        ("teardown", "passed", False),
        ("teardown", "failed", True),
    ],
)
def test_what_a_worker_tells(when: Any, outcome: Any, told: bool) -> None:
    """Each test is told, and what goes wrong before and after it."""
    report = pytest.TestReport("tests/test_a.py::test_b", ("tests/test_a.py", 1, "test_b"), {}, outcome, None, when)
    assert worth_telling(report) is told


def test_that_what_was_collected_is_not_looked_through_for_garbage() -> None:
    """It is set aside, and what tests leave is still collected: a socket that nobody closed is told."""
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(gc.get_objects())
