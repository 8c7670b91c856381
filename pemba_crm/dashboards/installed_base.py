"""Installed base: what customers run, in which versions, and what of it is covered."""

from .board import Board
from .shared import MONTHS, ZONE, sample_rows

EQUIPMENT, COMPONENT = "pemba.equipment", "pemba.equipment.component"
ACTION, MENU = "pemba_crm.pemba_equipment_action", "pemba_crm.pemba_equipment_menu"
WATCHED = "pemba_crm.pemba_equipment_menu_"
INSTALLED = [["state", "in", ["in_service", "suspended"]]]
BEHIND = [["version_state", "=", "behind"]]
UNSUPPORTED = [["version_state", "=", "unsupported"]]
NOT_COVERED = [["coverage_state", "in", ["expired", "never"]]]


class InstalledBaseBoard(Board):
    """The base of today, save for what was put into service in the period."""

    name = "installed_base"

    def get_filters(self):
        return {
            "period": ("In Service Since", None),
            "zone": ("Sales Zone", "pemba.zone"),
            "software": ("Software", "pemba.software"),
            "customer": ("Customer", "res.partner"),
            "distributor": ("Distributor", "res.partner"),
        }

    def get_axes(self):
        """:return: ``{filter: field of a piece of equipment}``, but for the period"""
        return {
            "zone": ZONE,
            "software": "software_id",
            "customer": "partner_id",
            "distributor": "distributor_id",
        }

    def get_matching(self):
        axes = self.get_axes()
        return {
            EQUIPMENT: {"period": "in_service_date", **axes},
            COMPONENT: {key: f"equipment_id.{field}" for key, field in axes.items()},
        }

    def get_cards(self):
        base = self.pivot(EQUIPMENT, ["__count", "partner_id"], INSTALLED, action=ACTION, period=False)
        new = self.pivot(EQUIPMENT, ["__count"], INSTALLED, action=ACTION)
        before = self.pivot(EQUIPMENT, ["__count"], INSTALLED, action=ACTION, period=-1)
        return [
            self.card("Installed", base.value("__count"), menu=MENU, large=False, sample=("318",)),
            self.card("Customers", base.value("partner_id"), menu=MENU, large=False, sample=("122",)),
            self.card(
                "New in Period",
                new.value("__count"),
                before.value("__count"),
                menu=MENU,
                large=False,
                sample=("41", "36"),
            ),
            self._card_of_watched("Behind Latest", BEHIND, "behind", "77"),
            self._card_of_watched("Unsupported", UNSUPPORTED, "unsupported", "12"),
            self._card_of_watched("Not Covered", NOT_COVERED, "not_covered", "25"),
        ]

    def _card_of_watched(self, title, domain, menu, sample):
        count = self.pivot(EQUIPMENT, ["__count"], INSTALLED + domain, action=ACTION, period=False)
        return self.card(title, count.value("__count"), menu=WATCHED + menu, large=False, sample=(sample,))

    def get_charts(self):
        of_today = [
            self.chart(
                title,
                kind,
                EQUIPMENT,
                [axis],
                "__count",
                domain=[*INSTALLED, [axis, "!=", False]],
                period=False,
                order=None if kind == "odoo_pie" else "DESC",
                action=ACTION,
                sample=(labels, ("Installed", 140, 92, 86)),
            )
            for title, kind, axis, labels in (
                ("Software", "odoo_bar", "software_id", ("*Northwind", "*Southwind", "*Eastwind")),
                ("Versions", "odoo_bar", "version_id", ("*Northwind 11", "*Northwind 12", "*Southwind 4")),
                ("Ways of Deployment", "odoo_pie", "deployment_type_id", ("On-Premise", "Hosted", "SaaS")),
                ("Sales Zones", "odoo_bar", "zone_id", ("*Europe", "*Asia", "*Africa")),
            )
        ]
        return [
            *of_today,
            self.chart(
                "Put into Service by Month",
                "odoo_bar",
                EQUIPMENT,
                ["in_service_date:month"],
                "__count",
                domain=INSTALLED,
                action=ACTION,
                sample=(MONTHS, ("Installed", 6, 9, 4, 11, 7, 4)),
            ),
            self.chart(
                "States",
                "odoo_pie",
                EQUIPMENT,
                ["state"],
                "__count",
                period=False,
                action=ACTION,
                sample=(("Planned", "In Service", "Suspended", "Retired"), ("Installed", 14, 310, 8, 41)),
            ),
        ]

    def get_tables(self):
        return [
            self.best(
                "Customers",
                EQUIPMENT,
                "partner_id",
                ["__count"],
                headers=("Installed",),
                domain=INSTALLED,
                period=False,
                action=ACTION,
                sample=sample_rows("partner_id", ("31", "24", "18")),
            ),
            self.best(
                "Products",
                COMPONENT,
                "product_id",
                ["quantity"],
                headers=("Quantity",),
                domain=[
                    ["date_end", "=", False],
                    ["equipment_id.state", "in", ["in_service", "suspended"]],
                ],
                period=False,
                sample=sample_rows("product_id", ("1,310", "640", "85")),
            ),
            self._table_of_watched(
                "Versions without Support", UNSUPPORTED, "version_id", "Version", "*Northwind 9"
            ),
            self._table_of_watched(
                "Not under Contract", NOT_COVERED, "coverage_end_date", "Covered Until", "*06/30/2026"
            ),
        ]

    def _table_of_watched(self, title, domain, field, header, sample):
        return self.records(
            title,
            EQUIPMENT,
            {"partner_id": "Customer", "name": "Equipment", field: header},
            domain=INSTALLED + domain,
            order="name",
            action=ACTION,
            sample=(("*Acme", "*EQ/00012", sample), ("*Globex", "*EQ/00031", sample)),
        )
