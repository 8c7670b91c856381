from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, sql


class PembaOpportunityLine(models.Model):
    """What of a sale is in the installed base."""

    _inherit = "pemba.opportunity.line"

    comes_into_base = fields.Boolean(
        string="Comes into the Base",
        compute="_compute_comes_into_base",
        store=True,
        precompute=True,
        help="Selling it puts something into the customer's installed base.",
    )
    component_ids = fields.One2many("pemba.equipment.component", "opportunity_line_id", copy=False)
    delivered_quantity = fields.Float(
        string="Delivered",
        compute="_compute_delivered_quantity",
        compute_sudo=True,  # those of other companies too
        digits="Product Unit",
        store=True,
        precompute=True,
        help="How much of it is in the installed base.",
    )

    # What is missing in the base, of deals that are won or not.
    _missing_idx = models.Index(
        "(lead_id) WHERE active AND comes_into_base AND is_returned IS NOT TRUE"
        " AND quantity - 1e-6 > COALESCE(delivered_quantity, 0)"
    )

    # ------------------------------------------------------------
    # What comes into the base
    # ------------------------------------------------------------

    @api.model
    def _get_base_domain(self):
        """The rule of what comes into the base; that it counts and is not taken back is asked for beside it.

        Licence and modules of a configuration do; of lines made by hand what their product says. Whoever adds
        a condition has ``_compute_comes_into_base`` depend on it too.
        """
        by_hand = Domain("configuration_role", "=", False)
        based = Domain("product_id.pemba_equipment_policy", "!=", "none")
        return Domain("configuration_role", "in", ("licence", "module")) | (by_hand & based)

    # When the product's policy changes, see ``_follow_base_rule``.
    @api.depends("configuration_role", "product_id")
    def _compute_comes_into_base(self):
        based = self.filtered_domain(self._get_base_domain())
        based.comes_into_base = True
        (self - based).comes_into_base = False

    @api.model
    def _follow_base_rule(self, products):
        """Lines of these products, delivered or not, are what the rule says now, in one statement.

        Of what was delivered already nothing is missing, whatever it says.
        """
        self._fill_comes_into_base(Domain("product_id", "in", products.ids))
        self.env["crm.lead"].invalidate_model(["is_to_deliver", "to_deliver"])

    @api.model
    def _fill_comes_into_base(self, domain=Domain.TRUE):
        """Write what the rule says of lines, in one statement.

        :param domain: on lines
        """
        self.flush_model(["comes_into_base"])
        everything = self.sudo().with_context(active_test=False)  # of all deals and companies
        lines = everything._search(domain)
        based = everything._search(domain & self._get_base_domain())
        self.env.execute_query(
            SQL(
                """
                UPDATE pemba_opportunity_line line
                   SET comes_into_base = rule.is_based
                  FROM (SELECT id, id IN %(based)s AS is_based
                          FROM pemba_opportunity_line
                         WHERE id IN %(lines)s) rule
                 WHERE line.id = rule.id AND line.comes_into_base IS DISTINCT FROM rule.is_based
                """,
                lines=lines.subselect(),
                based=based.subselect(),
            )
        )
        self.invalidate_model(["comes_into_base"])

    def _auto_init(self):
        # On a database that has lines it is made and filled here: none of them is computed in Python.
        has_lines = sql.table_exists(self.env.cr, self._table)
        is_new = has_lines and not sql.column_exists(self.env.cr, self._table, "comes_into_base")
        if is_new:
            sql.create_column(self.env.cr, self._table, "comes_into_base", "bool")
        if has_lines and not sql.column_exists(self.env.cr, self._table, "delivered_quantity"):
            sql.create_column(self.env.cr, self._table, "delivered_quantity", "numeric")
            self._fill_delivered_quantity()
        result = super()._auto_init()
        if is_new:
            self.pool.post_init(self._fill_comes_into_base)
        return result

    def _fill_delivered_quantity(self):
        """What its compute does, in SQL."""
        if sql.column_exists(self.env.cr, "pemba_equipment_component", "sold_quantity"):
            self.env.cr.execute(
                """UPDATE pemba_opportunity_line line SET delivered_quantity = delivered.quantity
                     FROM (SELECT opportunity_line_id, SUM(sold_quantity) AS quantity
                             FROM pemba_equipment_component
                            WHERE opportunity_line_id IS NOT NULL GROUP BY opportunity_line_id) delivered
                    WHERE delivered.opportunity_line_id = line.id"""
            )

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"comes_into_base", "delivered_quantity"}

    # ------------------------------------------------------------
    # What is there
    # ------------------------------------------------------------

    @api.depends("component_ids.sold_quantity")
    def _compute_delivered_quantity(self):
        for line in self:
            line.delivered_quantity = sum(line.component_ids.mapped("sold_quantity"))

    def _get_missing(self):
        """What was sold and is not in the base yet.

        :return: ``{line: quantity}``, without lines of which nothing is missing
        """
        missing = {}
        for line in self:
            if line.active and line.comes_into_base and not line.is_returned:
                quantity = line.quantity - line.delivered_quantity
                if quantity > 1e-6:
                    missing[line] = quantity
        return missing

    @api.ondelete(at_uninstall=False)
    def _unlink_except_delivered(self):
        """:raise UserError: naming the opportunity, the product and the equipment that it was delivered as"""
        delivered = self.sudo().component_ids  # those of other companies too
        for component in delivered[:1]:
            raise UserError(
                self.env._(
                    "%(lead)s, %(product)s: it was delivered as %(equipment)s and is not deleted.",
                    lead=component.opportunity_line_id.lead_id.display_name,
                    product=component.product_id.display_name,
                    equipment=component.equipment_id.display_name,
                )
            )

    def _prepare_component(self, quantity):
        return {
            "product_id": self.product_id.id,
            "module_id": self.module_id.id,
            "quantity": quantity,
            "opportunity_line_id": self.id,
            "sale_unit": max(self.sudo().component_ids.mapped("sale_unit"), default=0) + 1,  # as above
            "sold_quantity": quantity,
        }

    def _get_units(self, quantity):
        """The quantities of the pieces of equipment that a quantity of a line made by hand becomes."""
        if self.product_id.pemba_equipment_policy != "per_unit":
            return [quantity]
        whole = int(quantity + 1e-6)
        rest = quantity - whole
        return [1.0] * whole + ([rest] if rest > 1e-6 else [])
