# syntax=docker/dockerfile:1
# One image for all processes; compose.yaml says which there are. tests/deploy/rehearse.py runs what stands here.

FROM python:3.13-slim-trixie AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements-prod.txt ./
RUN --mount=type=cache,target=/root/.cache/pip /venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements-prod.txt
COPY . .
# Settings want all that production needs; nothing of it is asked here, and nothing of it is kept.
RUN ENVIRONMENT=production SITE_URL=https://build.invalid SECRET_KEY=of-the-build-alone-and-of-nothing-else-00000000 \
    DATABASE_URL=postgresql://nobody@127.0.0.1:1/nocturne REDIS_URL=redis://127.0.0.1:1 LOG_DIR= SMTP_HOST=build.invalid \
    /venv/bin/python manage.py collectstatic --noinput
RUN /venv/bin/python -m compileall -q nocturne events quality scraping subscriptions

FROM python:3.13-slim-trixie
# pg_dump and pg_restore have to be of the server's version, for backup and restore.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /venv /venv
COPY --from=build /app /app
RUN useradd --system --uid 10001 --no-create-home nocturne && install -d -o nocturne -g nocturne /media /backups /app/.data
ARG COMMIT=""
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    LOG_DIR= \
    METRICS_DIR=/tmp/metrics \
    MEDIA_ROOT=/media \
    COMMIT=$COMMIT
WORKDIR /app
USER nocturne
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-m", "nocturne.probe"]
CMD ["gunicorn", "nocturne.wsgi", "--bind", "0.0.0.0:8000"]
