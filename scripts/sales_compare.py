"""Won revenue of the *CRM Sales Opportunities* files, beside what the sales analysis says of them.

The files are summed up here in plain Python, and nothing of the import is used for that.
"""

import csv
import datetime
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

SPELLINGS = {"GTXPro": "GTX Pro"}  # the files' own
AXES = {
    "quarter": "close_date:quarter",
    "product": "product_id",
    "agent": "user_id",
    "regional office": "zone_id",
}


def compare(env, folder, say=print):
    """Say what differs.

    :return: how many figures do
    """
    told, meant = of_files(Path(folder)), of_report(env)
    differences = 0
    for axis in AXES:
        values = sorted(told[axis].keys() | meant[axis].keys())
        differing = [value for value in values if told[axis][value] != meant[axis][value]]
        differences += len(differing)
        total = sum(told[axis].values())
        say(f"{axis}: {len(values)} values, {total:,.2f} in all, {len(differing)} differ")
        for value in differing:
            say(f"  {value}: {told[axis][value]:,.2f} in the files, {meant[axis][value]:,.2f} in the report")
    return differences


def of_files(folder):
    """``{axis: {value: won revenue}}`` of the files."""
    with (folder / "sales_teams.csv").open(newline="", encoding="utf-8-sig") as file:
        offices = {row["sales_agent"]: row["regional_office"] for row in csv.DictReader(file)}
    sums = {axis: defaultdict(Decimal) for axis in AXES}
    with (folder / "sales_pipeline.csv").open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["deal_stage"] != "Won":
                continue
            day = datetime.datetime.strptime(row["close_date"], "%m/%d/%Y").date()
            values = {
                "quarter": f"{day.year} Q{(day.month + 2) // 3}",
                "product": SPELLINGS.get(row["product"], row["product"]),
                "agent": row["sales_agent"],
                "regional office": offices[row["sales_agent"]],
            }
            for axis, value in values.items():
                sums[axis][value] += Decimal(row["close_value"])
    return sums


def of_report(env):
    """``{axis: {value: won revenue}}`` of the opportunities that came from the files."""
    known = env["ir.model.data"].search(
        [("module", "=", "crm_sales_opportunities"), ("model", "=", "crm.lead")]
    )
    domain = [("won_status", "=", "won"), ("lead_id", "in", known.mapped("res_id"))]
    sums = {}
    for axis, groupby in AXES.items():
        sums[axis] = defaultdict(Decimal)
        for value, revenue in env["pemba.sale.report"]._read_group(domain, [groupby], ["revenue:sum"]):
            label = value.name if hasattr(value, "_name") else f"{value.year} Q{(value.month + 2) // 3}"
            sums[axis][label] += Decimal(str(revenue))
    return sums
