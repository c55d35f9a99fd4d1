"""requirements-prod.txt holds all that production imports."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Every module but those of development is imported while what only development installs cannot be.
PRODUCTION = """
import importlib, importlib.metadata, pathlib, re, sys

lock = pathlib.Path("requirements-prod.txt").read_text()
installed = {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"(?m)^([\\w.-]+)==", lock)}

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

names = importlib.metadata.packages_distributions().items()
absent = {
    module for module, packages in names
    if not installed & {re.sub(r"[-_.]+", "-", package).lower() for package in packages}
}
assert "pytest" in absent and "django" not in absent
sys.meta_path.insert(0, NotInstalled())

from nocturne.wsgi import application
from nocturne.celery import app
import gunicorn.app.wsgiapp
import celery.bin.worker, celery.beat

app.connection_for_read()
for folder in ("nocturne", "events", "quality", "scraping", "subscriptions"):
    for file in sorted(pathlib.Path(folder).rglob("*.py")):
        if "dev" not in file.parts and file.name != "dev.py":
            importlib.import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))
"""


def test_production_imports_nothing_that_only_development_installs() -> None:
    variables = {
        "ENV_FILE": os.devnull,
        "ENVIRONMENT": "production",
        "SECRET_KEY": "s" * 25 + "k" * 25,
        "SITE_URL": "https://example.org",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nocturne",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PATH": os.environ["PATH"],
    }
    result = subprocess.run(
        [sys.executable, "-c", PRODUCTION], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
