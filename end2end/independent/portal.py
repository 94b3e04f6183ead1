"""A real portal of its own on a fresh data folder, for the length of a test."""

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GRIDPASS_BINARY", ROOT / "target/debug/gridpass"))
START_TIMEOUT = 60


@dataclass
class Portal:
    """A running portal and its command line."""

    origin: str
    environment: dict[str, str]
    clock: Path | None
    home: Path

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [BINARY, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def register(self, device_id: str, account: str = "A-1001", **options: str) -> dict:
        """What `gridpass register` prints."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return json.loads(
            self.run("register", "--provider=demo", f"--account={account}", f"--device-id={device_id}", "--json", *flags)
        )

    def set_clock(self, seconds: int) -> None:
        assert self.clock is not None, "this portal runs on the machine's clock"
        replacement = self.clock.with_suffix(".new")
        replacement.write_text(str(seconds))
        replacement.replace(self.clock)


@contextlib.contextmanager
def kept_port() -> Iterator[int]:
    """A port that nobody else is given: bound without listening, which Linux lets a server do beside it."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


@contextlib.contextmanager
def portal(
    settings: dict[str, str] | None = None,
    label_profile: str = "compact",
    clock: int | None = None,
    config: str | None = None,
    prepare: Callable[[Portal], None] | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[Portal]:
    """Starts the portal and stops it in the end. `settings` are as in the environment, without `GRIDPASS_`.

    `config` stands in for the demo configuration; `prepare` is called before the start; `environment` is added.
    """
    more = environment or {}
    with tempfile.TemporaryDirectory(prefix="gridpass-") as folder, kept_port() as port:
        home = Path(folder)
        config = config or (ROOT / "gridpass.toml").read_text()
        config = re.sub(r'(?m)^label_profile = .*$', f'label_profile = "{label_profile}"', config)
        (home / "gridpass.toml").write_text(config)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRIDPASS_")}
        environment |= {
            "GRIDPASS_CONFIG": str(home / "gridpass.toml"),
            "GRIDPASS_ORIGIN": f"http://localhost:{port}",
            "GRIDPASS_LISTEN": f"127.0.0.1:{port}",
            "GRIDPASS_MTLS__LISTEN": "127.0.0.1:0",
            "GRIDPASS_DATA_DIR": str(home / "data"),
        }
        environment |= {f"GRIDPASS_{name}": value for name, value in (settings or {}).items()}
        environment |= more
        running = Portal(f"http://localhost:{port}", environment, None, home)
        if clock is not None:
            running.clock = home / "clock"
            running.set_clock(clock)
            environment["GRIDPASS_DEV__CLOCK_FILE"] = str(running.clock)
        if prepare is not None:
            prepare(running)
        log = home / "log"
        with log.open("wb") as output:
            process = subprocess.Popen([BINARY, "serve"], env=environment, cwd=ROOT, stdout=output, stderr=output)
        try:
            wait_until_ready(running.origin, process, log)
            yield running
        finally:
            process.terminate()
            code = process.wait(timeout=30)
        said = log.read_text(errors="replace")
        assert code == 0, f"the portal ended with {code}\n{said}"
        assert "panicked" not in said, said


def wait_until_ready(origin: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        assert process.poll() is None, f"the portal ended at its start\n{log.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"the portal did not start\n{log.read_text(errors='replace')}"
        try:
            with urllib.request.urlopen(f"{origin}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        # Not a wait for a result under test: the port opens when it opens.
        time.sleep(0.02)
