"""Portals that tests share. A test that counts failures or moves the clock starts one of its own."""

from collections.abc import Iterator

import pytest

from portal import Portal, kept_port, portal


@pytest.fixture
def port() -> Iterator[int]:
    """A port for another server than the portal."""
    with kept_port() as port:
        yield port


@pytest.fixture(scope="session")
def shared() -> Portal:
    """A portal with the compact label profile, and limits that the tests do not reach together."""
    with portal({"LIMITS__OTP_FAILURES_PER_IP": "1000"}) as running:
        yield running


@pytest.fixture(scope="session")
def full() -> Portal:
    """A portal whose labels hold the whole provider certificate."""
    with portal(label_profile="full") as running:
        yield running


@pytest.fixture
def device_id(request: pytest.FixtureRequest) -> str:
    """A serial number that no other test uses."""
    number = getattr(device_id, "next", 10_000_000)
    device_id.next = number + 1
    return f"SN-{number}"
