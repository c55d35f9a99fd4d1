"""Known vulnerabilities of the packages that production installs, by pip-audit: `make audit`.

One that is known fails. Where the database of vulnerabilities cannot be asked, that is said and fails nothing.
"""

import json
import subprocess
import sys
from typing import Any, NamedTuple

REQUIREMENTS = "requirements-prod.txt"
SECONDS = 300


class Report(NamedTuple):
    said: list[str]
    failed: bool


def report_of(output: str) -> Report:
    """What the JSON of pip-audit says; what is no JSON is that it could not ask."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Report(
            ["Not checked for known vulnerabilities: nobody could be asked. That says nothing of them."], False
        )
    found = [
        f"{one['name']} {one['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for one in packages
        for fault in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    said = [*found, f"{len(packages) - len(skipped)} packages checked, {len(found)} known vulnerabilities."]
    if skipped:
        said.append(f"Not checked, since the index does not tell of them: {', '.join(skipped)}.")
    return Report(said, bool(found))


def main(requirements: str = REQUIREMENTS) -> int:
    asked = [sys.executable, "-m", "pip_audit", "--requirement", requirements, "--no-deps", "--disable-pip"]
    try:
        done = subprocess.run(
            [*asked, "--format", "json", "--progress-spinner", "off"],
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        output = done.stdout
    except subprocess.TimeoutExpired:
        output = ""
    report = report_of(output)
    print(*report.said, sep="\n")
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
