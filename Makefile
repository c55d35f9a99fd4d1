# Two commands: `make run` and `make test`. They need a Python, 3.12 or newer, and no server.

PORT ?= 8000
MINUTES ?= 10
PYTHON := .venv/bin/python
# Checks are not to depend on what somebody has in .env, and ask no server.
CHECK := env -u DATABASE_URL -u REDIS_URL ENV_FILE=/dev/null ENVIRONMENT=development $(PYTHON)
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help run test test-all rehearse bench bench-pages chaos load hostile fuzz lint audit format lock reference pictures messages .venv

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: .venv ## the site with demo events at 127.0.0.1:8000, or PORT=8001; Ctrl-C ends it
	@exec $(PYTHON) manage.py dev --port $(PORT)

test: .venv ## all tests but the slow ones
	@$(PYTHON) -m pytest -n logical -m "not slow"

test-all: .venv ## all tests
	@$(PYTHON) -m pytest -n logical

rehearse: .venv ## what Dockerfile, compose.yaml, Procfile and units of systemd say, done in a clean folder without containers
	@$(PYTHON) -m tests.deploy.rehearse

bench: .venv ## what reading, matching, sending, watching and pages cost, as one table; SCALE=0.05 for a smaller world
	@$(PYTHON) -m tests.bench

bench-pages: .venv ## what public pages cost beside one query and a constant body; SCALE=0.05 for a smaller world
	@$(PYTHON) -m tests.bench.pages

chaos: .venv ## what visitors see while parts of the site fail, and that nothing is lost or double
	@$(PYTHON) -m tests.chaos

load: .venv ## visitors for MINUTES=10: percentiles by route, memory, connections
	@$(PYTHON) -m tests.load --minutes $(MINUTES)

hostile: .venv ## what becomes of documents and servers that mean harm, with seconds and memory
	@$(PYTHON) -m tests.bench.hostile

fuzz: .venv ## mutated documents through all that reads them, for a minute, or SECONDS=600
	@nice $(PYTHON) -m tests.bench.fuzz

lint: .venv ## style, types, import arrows, templates, migrations, production settings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) .venv/bin/lint-imports --no-logo
	$(CHECK) -m mypy
	$(PYTHON) -m djlint --lint --quiet templates
	$(CHECK) manage.py makemigrations --check --dry-run
	@echo "manage.py check --deploy, as production"
	@ENV_FILE=/dev/null ENVIRONMENT=production ALLOWED_HOSTS=example.org SITE_URL=https://example.org SMTP_HOST=smtp.example.org \
	DEFAULT_FROM_EMAIL=events@example.org SECRET_KEY=$$($(PYTHON) -c "import secrets; print(secrets.token_urlsafe(50))") \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/nocturne REDIS_URL=redis://127.0.0.1:1 \
	$(PYTHON) manage.py check --deploy --fail-level WARNING

audit: .venv ## known vulnerabilities of the packages of production; says so where nobody can be asked
	@$(PYTHON) -m nocturne.dev.audit

format: .venv ## put the code in order
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock: .venv ## requirements.txt and requirements-prod.txt from pyproject.toml
	$(LOCK) pyproject.toml --output-file requirements-prod.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements-prod.txt --output-file requirements.txt

pictures: .venv ## docs/images, taken of the demo by a browser; some minutes
	@$(PYTHON) -m tests.pictures

reference: .venv ## docs/configuration.md and .env.example from nocturne/variables.toml, docs/schema.md from the models
	@$(CHECK) -m nocturne.dev.reference

messages: .venv ## the catalogues in nocturne/locale/ from code and templates; needs GNU gettext
	@$(CHECK) manage.py makemessages --all --no-location --no-wrap --no-obsolete --ignore 'tests/*' --ignore '.*' --ignore 'docs/*' \
	--ignore 'templates/admin/*' --ignore 'templates/dev/*' --ignore 'templates/quality/*'
	@$(CHECK) manage.py compilemessages --ignore '.*'

.venv:
	@sh nocturne/dev/make_venv.sh
