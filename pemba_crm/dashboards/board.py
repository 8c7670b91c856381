"""What is on a dashboard: filters, figures, charts and tables.

Built in Python because the editor of spreadsheets is not part of Odoo Community.
"""

from .page import Page
from .parts import quote


class Source:
    """A pivot or a list; a formula asks for its values by number."""

    def __init__(self, number, definition):
        self.number = number
        self.definition = definition

    def value(self, measure):
        """The formula of a figure."""
        return f"PIVOT.VALUE({self.number}, {quote(measure)})"


class Board:
    """A dashboard. Subclasses say what is on it; whoever extends one extends its ``get_`` methods.

    Each of these is called once, in the order in which they stand here, and returns a new list or dict.
    """

    name = None  #: the files are named after it

    def __init__(self):
        self.pivots, self.lists = [], []
        self.filters = self.get_filters()
        self.matching = self.get_matching()
        self.cards = self.get_cards()
        self.blocks = [*self.get_charts(), *self.get_tables()]

    # --- what is on it ---

    def get_filters(self):
        """:return: ``{key: (label, model)}``; a filter without a model is the period"""
        return {}

    def get_matching(self):
        """What each filter means for the models that are asked; a model need not know them all.

        :return: ``{model: {key of the filter: field}}``
        """
        return {}

    def get_cards(self):
        """:return: the figures on top, made by :meth:`card`; six in a row"""
        return []

    def get_charts(self):
        """:return: the charts, made by :meth:`chart`; two in a row"""
        return []

    def get_tables(self):
        """:return: the tables, made by :meth:`best` and :meth:`records`; two in a row, below the charts"""
        return []

    # --- what it is made of ---

    def pivot(self, model, measures, domain=(), **options):
        """A source of figures.

        :param options: ``rows``: the fields it is grouped by; ``period``: False where the period does not
            matter, or how many periods before; ``monetary``: the measures that companies may have in several
            currencies; ``sort``: the measure that the greatest come first of; ``action`` it opens
        :return: a :class:`Source`
        """
        number = len(self.pivots) + 1
        monetary = options.get("monetary", ())
        definition = {
            "type": "ODOO",
            "id": str(number),
            "formulaId": str(number),
            "name": model,
            "model": model,
            "domain": list(domain),
            "context": {},
            "actionXmlId": options.get("action"),
            "columns": [],
            "rows": [{"fieldName": name} for name in options.get("rows", ())],
            "measures": [
                {"id": name, "fieldName": name} | ({"aggregator": "sum_currency"} if name in monetary else {})
                for name in measures
            ],
            "fieldMatching": self._match(model, options.get("period", True)),
        }
        if options.get("sort"):
            definition["sortedColumn"] = {"measure": options["sort"], "order": "desc", "domain": []}
        self.pivots.append(definition)
        return Source(number, definition)

    def card(self, title, value, baseline=None, **options):
        """A figure.

        :param value: a formula, as ``baseline``, what it is compared with
        :param options: ``menu`` it opens; ``percent``: what is a whole, 1 or 100, of a share; ``large``:
            False where numbers are not shortened; ``text``: what the baseline is, where it is shown as it
            is and not compared; ``sample``: what an empty database shows for both
        """
        return {"title": title, "value": value, "baseline": baseline, **options}

    def chart(self, title, kind, model, groupby, measure, **options):
        """A chart of Odoo's.

        :param kind: ``odoo_bar``, ``odoo_line``, ``odoo_pie``, ``odoo_funnel`` or ``odoo_waterfall``
        :param options: ``domain``, ``action`` and ``period`` as for a pivot; ``stacked``; ``order``: DESC
            for the greatest first; ``sample``: ``(labels, *(series, values…))``, four series at most
        """
        return {
            "title": title,
            "kind": kind,
            "model": model,
            "groupby": groupby,
            "measure": measure,
            "matching": self._match(model, options.pop("period", True)),
            **options,
        }

    def best(self, title, model, axis, measures, **options):
        """A table of the ten greatest by an axis.

        :param measures: one or two; the first decides
        :param options: as for a pivot, and ``headers`` of the measures; ``percent``: whether the last is
            one; ``sample``: rows
        """
        domain = [*options.pop("domain", ()), [axis, "!=", False]]
        headers = (title, *options.pop("headers"))
        percent, sample = options.pop("percent", False), options.pop("sample")
        source = self.pivot(model, measures, domain, rows=[axis], sort=measures[0], **options)
        return {
            "title": title,
            "source": source,
            "headers": headers,
            "percent": percent,
            "bar": 1,
            "sample": sample,
        }

    def records(self, title, model, columns, **options):
        """A table of the first ten records; the period does not matter.

        :param columns: ``{field: header}``, three
        :param options: ``domain``, ``action``; ``order``: a field, with a minus for the greatest first;
            ``bar``: the position of a column shown as bars, too; ``sample``: rows
        """
        number = len(self.lists) + 1
        order = options["order"]
        definition = {
            "id": str(number),
            "name": model,
            "model": model,
            "columns": list(columns),
            "domain": list(options.get("domain", ())),
            "context": {},
            "orderBy": [{"name": order.lstrip("-"), "asc": not order.startswith("-")}],
            "actionXmlId": options.get("action"),
            "fieldMatching": self._match(model, False),
        }
        self.lists.append(definition)
        return {
            "title": title,
            "source": Source(number, definition),
            "headers": tuple(columns.values()),
            "fields": list(columns),
            "bar": options.get("bar"),
            "sample": options["sample"],
        }

    def _match(self, model, period):
        """The fields that the filters mean.

        :param period: whether the period counts, or how many periods before
        """
        matching = {}
        for key, field in self.matching.get(model, {}).items():
            if key not in self.filters:
                continue  # somebody took it off
            if self.filters[key][1]:
                kind = "many2many" if field.endswith("_ids") else "many2one"
                matching[key] = {"chain": field, "type": kind}
            elif period is not False:
                matching[key] = {"chain": field, "type": "date", "offset": 0 if period is True else period}
        return matching

    # --- as Odoo has it ---

    def build(self):
        """The dashboard on the database's own records."""
        return Page(self, is_sample=False).build()

    def build_sample(self):
        """What it looks like, for a database that has none yet: the same with invented figures."""
        return Page(self, is_sample=True).build()
