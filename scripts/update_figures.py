"""What a database says, in figures: written to a file, before an update and after it.

What is stored is read as PostgreSQL has it, to the last digit; reports are summed up by each of their axes.
"""

import json

from odoo.tools import SQL

ADDON = "pemba_crm"
MOVING = {"write_date", "write_uid"}  # an update writes the records that it ships
# Neither is a figure what it remembers of the dashboards that it ships.
MOVING |= {"pemba_shipped", "pemba_shipped_data", "pemba_taken"}
NUMBERS = ("integer", "float", "monetary")
AXES = {"many2one": "", "selection": "", "boolean": "", "date": ":month"}


def write_figures(env, path):
    """Write ``{what: {record or group: {field: value}}}`` to a file."""
    env = env(context={**env.context, "allowed_company_ids": env["res.company"].search([]).ids})
    figures = {}
    for name in sorted(env.registry.models):
        model = env[name]
        if model._abstract or model._transient:
            continue
        if not model._auto:
            if name.startswith("pemba."):
                figures |= get_sums(model)
        elif fields := get_fields(model):
            figures[name] = get_records(model, fields)
    with open(path, "w") as file:
        json.dump(figures, file)


def get_fields(model):
    """What is stored of a model: all of one of ours, what we add to one of others."""
    return [
        field
        for name, field in model._fields.items()
        if field.store
        and name not in MOVING
        and (field.column_type or field.type == "many2many")
        and (model._name.startswith("pemba.") or ADDON in field._modules)
    ]


def get_records(model, fields):
    """``{id: {field: text}}`` of all records of a table, archived ones too."""
    records = {}
    columns = [field.name for field in fields if field.column_type]
    texts = SQL(", ").join([SQL("%s::text", SQL.identifier(name)) for name in ("id", *columns)])
    for record, *values in model.env.execute_query(
        SQL("SELECT %s FROM %s", texts, SQL.identifier(model._table))
    ):
        records[record] = dict(zip(columns, values, strict=True))
    for field in fields:
        if not field.column_type:
            links = dict(get_links(model, field))
            for record, values in records.items():
                values[field.name] = links.get(record)
    return records


def get_links(model, field):
    """``(id, ids that it is linked with)`` of a many-to-many."""
    here, there = SQL.identifier(field.column1), SQL.identifier(field.column2)
    ids = SQL("array_agg(%s ORDER BY %s)::text", there, there)
    table = SQL.identifier(field.relation)
    return model.env.execute_query(SQL("SELECT %s::text, %s FROM %s GROUP BY %s", here, ids, table, here))


def get_sums(model):
    """``{report by axis: {value: {measure: sum}}}`` of a report."""
    measures = {
        name: f"{name}:{field.aggregator or 'sum'}"
        for name, field in model._fields.items()
        if field.store and field.type in NUMBERS and name != "id"
    }
    sums = {}
    for name, field in model._fields.items():
        if field.store and field.type in AXES:
            groups = model._read_group([], [name + AXES[field.type]], ["__count", *measures.values()])
            sums[f"{model._name} by {name}"] = {
                str(getattr(value, "id", value)): dict(
                    zip(("rows", *measures), map(cut, values), strict=True)
                )
                for value, *values in groups
            }
    return sums


def cut(number):
    """A sum to six digits: in which order it was added up makes no difference there."""
    return round(number, 6) if isinstance(number, float) else number
