"""docs/schema.md, made of the models: make reference.

What an index is for is said by the comment at it in the model; what a column means by its help text, or a comment.
"""

import ast
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

type AnyField = models.Field[Any, Any]

OWN = ("events", "quality", "scraping", "subscriptions", "nocturne")
ABOUT = """\
# The schema

Every table of Nocturne's own, made of the models by `make reference`; [architecture](architecture.md#the-model) tells
the model in words.

- A table has a column `id`, counted up by PostgreSQL, unless another column is named as its key. Times are instants; a
  `date` is one by the clock of a city.
- *unique* and *indexed* are columns with an index of their own: what rows are looked up by, and foreign keys, for joins
  and so that deleting finds what hangs on a row. A unique `varchar` has a second one, for searches by how it begins,
  which Django adds.
- What becomes of a row whose foreign key names a row that is deleted is Django's work and not PostgreSQL's: it
  *goes with it*, *keeps it* (the other one cannot be deleted), or *forgets it* (null).

What an index is for is tried: `tests/nocturne/test_indexes.py` runs the code that asks, on 10,000 rows a table, and
looks for the index in the plans of PostgreSQL.

Tables of Django and of django-allauth stand beside these: groups and permissions of staff (`auth_`), sessions
(`django_session`), second factors (`mfa_authenticator`), the admin's log (`django_admin_log`), and what they need for
themselves.
"""
ON_DELETE: dict[Any, str] = {
    models.CASCADE: "goes with it",
    models.PROTECT: "keeps it",
    models.SET_NULL: "forgets it",
    models.DO_NOTHING: "cannot be deleted before it",
}


def documentation() -> str:
    parts = [ABOUT]
    for label in OWN:
        parts += [f"## {label}\n", *map(_table, own_models(label))]
    return "\n".join(parts)


def own_models(label: str) -> list[type[models.Model]]:
    found = apps.get_app_config(label).get_models(include_auto_created=True)
    return sorted(found, key=lambda model: model._meta.db_table)


def _table(model: type[models.Model]) -> str:
    said = {} if model._meta.auto_created else comments(model)
    lines = [f"### `{model._meta.db_table}`\n", _purpose(model), ""]
    lines += ["| column | type | null | meaning |", "|---|---|---|---|"]
    fields = [field for field in model._meta.local_concrete_fields if field.name != "id"]
    lines += [_row(f"`{field.column}`", _type(field), _null(field), _meaning(field, said)) for field in fields]
    editor = connection.schema_editor(collect_sql=True)
    editor.deferred_sql = []  # its own __enter__ would open a transaction
    rows = [_index(one, model, editor, said) for one in model._meta.indexes]
    if rows:
        lines += ["", "| index | of | for |", "|---|---|---|", *rows]
    rows = [_constraint(one, model, editor, said) for one in model._meta.constraints]
    if rows:
        lines += ["", "| constraint | says |", "|---|---|", *rows]
    return "\n".join([*lines, ""])


def _purpose(model: type[models.Model]) -> str:
    if model._meta.auto_created:
        here, there = (field for field in model._meta.local_fields if field.is_relation)
        return f"Many to many: which `{there.name}` a `{here.name}` has, each once. Django makes the table."
    if not model.__doc__ or model.__doc__.startswith(f"{model.__name__}("):  # Django writes one where there is none
        raise LookupError(f"{model.__name__} has no docstring that says what it is.")
    return inspect.cleandoc(model.__doc__)


def _type(field: AnyField) -> str:
    """As PostgreSQL has it: a foreign key the type of what it names, a counted id without its counting."""
    return (field.db_type(connection) or "").replace("timestamp with time zone", "timestamptz")


def _null(field: AnyField) -> str:
    return "null" if field.null else ""


def _meaning(field: AnyField, said: dict[str, str]) -> str:
    own = field.verbose_name if field.verbose_name != field.name.replace("_", " ") else ""
    parts = [str(field.help_text).rstrip(".") or said.get(field.name, "") or str(own)]
    if field.flatchoices and all(isinstance(value, str) for value, _ in field.flatchoices):
        parts.append(", ".join(f"`{value}`" if value else "empty" for value, _ in field.flatchoices))
    if isinstance(field, models.ForeignKey) and field.related_model:
        parts.append(f"→ `{field.related_model._meta.db_table}`, {ON_DELETE[field.remote_field.on_delete]}")
    parts.append(
        "key"
        if field.primary_key
        else "unique"
        if field.unique
        else "indexed"
        if getattr(field, "db_index", False)
        else ""
    )
    return "; ".join(filter(None, parts))


def _index(one: models.Index, model: type[models.Model], editor: BaseDatabaseSchemaEditor, said: dict[str, str]) -> str:
    if one.name not in said:
        raise LookupError(f"The index {one.name} has no comment that says which query it is for.")
    statement = _plain(str(one.create_sql(model, editor)))
    return _row(f"`{one.name}`", f"`{statement.partition(f' ON {model._meta.db_table} ')[2]}`", said[one.name])


def _constraint(
    one: models.BaseConstraint, model: type[models.Model], editor: BaseDatabaseSchemaEditor, said: dict[str, str]
) -> str:
    sql = one.constraint_sql(model, editor)
    if sql:
        rule = _plain(str(sql)).partition(f"CONSTRAINT {one.name} ")[2]
    else:
        rule = "UNIQUE " + _plain(str(one.create_sql(model, editor))).partition(f" ON {model._meta.db_table} ")[2]
    return _row(f"`{one.name}`", f"`{rule}`" + (f": {said[one.name]}" if one.name in said else ""))


def _plain(sql: str) -> str:
    """Without the marks around names."""
    return re.sub(r"  +", " ", sql.replace('"', ""))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', r'\|') for cell in cells)} |"


# --- what the source says ---------------------------------------------------------------------------


def comments(model: type[models.Model]) -> dict[str, str]:
    """What comments above, beside or within say of a model's fields, indexes and constraints, by their names."""
    source = textwrap.dedent(inspect.getsource(model))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {token.start[0]: token for token in tokens if token.type == tokenize.COMMENT}
    found = {}
    for name, node in _named(ast.parse(source).body[0]):
        text = " ".join(_words(lines[number]) for number in _lines(node, lines) if number in lines)
        if text.strip():
            found[name] = text.strip()
    return found


def _named(tree: ast.AST) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """Fields, and calls that are given a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
            yield node.targets[0].id, node
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value), node


def _lines(node: ast.expr | ast.stmt, lines: dict[int, tokenize.TokenInfo]) -> range:
    """Of a node, and of the comments that stand alone above it."""
    first = node.lineno
    while first - 1 in lines and lines[first - 1].line.lstrip().startswith("#"):
        first -= 1
    return range(first, (node.end_lineno or node.lineno) + 1)


def _words(token: tokenize.TokenInfo) -> str:
    text = token.string.lstrip("# ")
    return "" if text.startswith(("---", "type:", "noqa")) else text
