"""What dashboards of several subjects share: zones, and the look of tables without data."""

ZONE = "zone_id.ancestor_ids"  # a zone counts with its sub-zones

# A star marks what is a name or a figure, and is not translated.
MONTHS = ("*01/2026", "*02/2026", "*03/2026", "*04/2026", "*05/2026", "*06/2026")
NAMES = {
    "user_id": ("*Anna", "*Boris", "*Chloé"),
    "zone_id": ("*Europe", "*Asia", "*Africa"),
    "product_id": ("*Northwind", "*Southwind", "*Training day"),
    "software_id": ("*Northwind", "*Southwind", "*Eastwind"),
    "customer_id": ("*Acme", "*Globex", "*Initech"),
    "partner_id": ("*Acme", "*Globex", "*Initech"),
    "distributor_id": ("*Distri One", "*Distri Two", "*Distri Three"),
}


def some(keys, axes):
    """Some of the axes, named by words."""
    return {key: axes[key] for key in keys.split()}


def sample_rows(axis, *columns):
    """Rows of a table by one of our axes, each column's figures from the greatest to the smallest."""
    return list(zip(NAMES[axis], *columns, strict=True))
