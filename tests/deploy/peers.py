"""Programs that stand around the site, as far as they are installed: PgBouncer, Caddy, Prometheus."""

import json
import os
import shutil
import ssl
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.deploy import recipe
from tests.processes import free_port

MONITORING = recipe.ROOT / "docs" / "monitoring"
TOKEN = "of-a-rehearsal"
# its certificate is one that Caddy has signed itself
_ANY = ssl.create_default_context()
_ANY.check_hostname, _ANY.verify_mode = False, ssl.CERT_NONE


@contextmanager
def pgbouncer(folder: Path, database: str) -> Iterator[str]:
    """A pooler that gives each transaction another session; its address in place of the `database`'s."""
    at, port = conninfo_to_dict(database), free_port()
    name, user = at["dbname"], at.get("user", "postgres")
    told = " ".join(f"{key}={at[key]}" for key in ("host", "port", "password") if at.get(key))
    file = folder / "pgbouncer.ini"
    file.write_text(f"""[databases]
{name} = {told} dbname={name} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
admin_users = {user}
pool_mode = transaction
default_pool_size = 10
max_client_conn = 200
""")
    # it does not run as root
    command = ["pgbouncer", *(["--user=nobody"] if os.geteuid() == 0 else []), str(file)]
    with _running(folder, command):
        yield f"postgresql://{user}@127.0.0.1:{port}/{name}"


@contextmanager
def caddy(folder: Path, site: str, backend: str) -> Iterator[None]:
    """docs/deploy/Caddyfile before `backend`, a host and port, at the address of the `site`, with TLS of its own."""
    file = recipe.DEPLOY / "Caddyfile"
    environment = {
        **os.environ,
        "SITE_URL": site,
        "BACKEND": backend,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }
    options = ["--config", str(file), "--adapter", "caddyfile"]
    # it would have the computer trust its own authority, and listen at ports that belong to others
    own = folder / "Caddyfile"
    own.write_text("{\n\tskip_install_trust\n\tauto_https disable_redirects\n\tadmin off\n}\n" + file.read_text())
    subprocess.run(["caddy", "validate", *options], env=environment, check=True, capture_output=True)
    with _running(folder, ["caddy", "run", "--config", str(own), "--adapter", "caddyfile"], environment):
        yield


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Reads the metrics of `target` with the rules of docs/monitoring; its own address."""
    subprocess.run(["promtool", "check", "rules", str(MONITORING / "alerts.yml")], check=True, capture_output=True)
    file, address = folder / "prometheus.yml", f"127.0.0.1:{free_port()}"
    file.write_text(f"""global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{MONITORING / "alerts.yml"}"]
scrape_configs:
  - job_name: nocturne
    authorization: {{credentials: {TOKEN}}}
    static_configs: [{{targets: ["{target}"]}}]
""")
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder}/prometheus"]
    with _running(folder, [*command, f"--web.listen-address={address}"]):
        yield f"http://{address}"


def transactions(pooler: str) -> int:
    """How many a pooler has handed on."""
    console = pooler.rpartition("/")[0] + "/pgbouncer"
    with psycopg.connect(console, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        cursor = connection.execute("SHOW STATS_TOTALS")
        names = [column.name for column in cursor.description or ()]
        return sum(int(row[names.index("xact_count")]) for row in cursor)


def series(address: str, query: str) -> list[dict[str, Any]]:
    """What Prometheus answers to a query."""
    status, text = answer(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    return list(json.loads(text)["data"]["result"]) if status == 200 else []


def rules(address: str) -> dict[str, tuple[str, str]]:
    """Health and state of each rule by its name: ("ok", "inactive")."""
    groups = json.loads(answer(f"{address}/api/v1/rules")[1])["data"]["groups"]
    return {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}


def answer(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20, context=_ANY) as found:
            return found.status, found.read().decode()
    except HTTPError as error:
        return error.code, ""
    except OSError:  # not yet
        return 0, ""


@contextmanager
def _running(folder: Path, command: list[str], environment: dict[str, str] | None = None) -> Iterator[None]:
    log = folder / f"{command[0]}.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        try:
            yield
            assert process.poll() is None, f"{command[0]} ended by itself: {log.read_text()[-2000:]}"
        except BaseException as error:
            error.add_note(log.read_text()[-2000:])
            raise
        finally:
            process.kill()


def installed(*programs: str) -> bool:
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"Left out, since it is not installed: {', '.join(missing)}")
    return not missing
