"""The triggers of followed tables: made, renewed and dropped after each migrate, as the registry says."""

from typing import Any

from django.apps import AppConfig
from django.db import connections

from . import FOLLOWED, SETTING, Followed

# For each changed column a row; of a new or removed row one, with all columns. A column after a "-" is hidden.
FUNCTION = """
CREATE OR REPLACE FUNCTION nocturne_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    object bigint := coalesce(is_now ->> TG_ARGV[1], was ->> TG_ARGV[1])::bigint;
    hidden boolean := false;
    told jsonb := '{}'::jsonb;
    name text;
BEGIN
    FOR i IN 2 .. TG_NARGS - 1 LOOP
        name := TG_ARGV[i];
        IF name = '-' THEN
            hidden := true;
        ELSIF TG_OP <> 'UPDATE' THEN
            IF NOT hidden THEN
                told := told || jsonb_build_object(name, coalesce(was -> name, is_now -> name));
            END IF;
        ELSIF was -> name IS DISTINCT FROM is_now -> name THEN
            INSERT INTO nocturne_change (at, actor, kind, model, object_id, field, before, after)
            VALUES (
                clock_timestamp(), current_setting('{setting}'), 'changed', TG_ARGV[0], object, name,
                CASE WHEN NOT hidden THEN was -> name END, CASE WHEN NOT hidden THEN is_now -> name END
            );
        END IF;
    END LOOP;
    IF TG_OP <> 'UPDATE' THEN
        INSERT INTO nocturne_change (at, actor, kind, model, object_id, field, before, after)
        VALUES (
            clock_timestamp(), current_setting('{setting}'), CASE TG_OP WHEN 'INSERT' THEN 'added' ELSE 'removed' END,
            TG_ARGV[0], object, '',
            CASE TG_OP WHEN 'DELETE' THEN told END, CASE TG_OP WHEN 'INSERT' THEN told END
        );
    END IF;
    RETURN NULL;
END $$
""".replace("{setting}", SETTING)
KNOWN = "SELECT tgrelid::regclass::text, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgname = 'trail'"


def make(sender: AppConfig, using: str, **_: Any) -> None:
    """Receiver of post_migrate, by nocturne, which comes first: tables that are not there yet get theirs in time."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('nocturne_change') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return  # migrated back to before
        cursor.execute(FUNCTION)
        cursor.execute(KNOWN)
        known = dict(cursor.fetchall())
        tables = set(connections[using].introspection.table_names(cursor))
        for table in known.keys() - FOLLOWED.keys():
            cursor.execute(f'DROP TRIGGER trail ON "{table}"')
        for table, followed in FOLLOWED.items():
            if table in tables and known.get(table) != (declared := _declaration(followed)):
                cursor.execute(declared)
                cursor.execute(f'COMMENT ON TRIGGER trail ON "{table}" IS %s', [declared])


def _declaration(followed: Followed) -> str:
    named = (followed.model, followed.key, *followed.columns, *(("-", *followed.hidden) if followed.hidden else ()))
    arguments = ", ".join(f"'{name}'" for name in named)
    return (
        f'CREATE OR REPLACE TRIGGER trail AFTER INSERT OR UPDATE OR DELETE ON "{followed.table}" FOR EACH ROW '
        f"WHEN (coalesce(current_setting('{SETTING}', true), '') <> '') EXECUTE FUNCTION nocturne_trail({arguments})"
    )
