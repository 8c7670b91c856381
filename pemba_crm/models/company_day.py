"""The day where a company is: what is in force, due, late or allowed is judged by it.

For jobs, programs and users in any time zone alike; by the time zone of the company's partner, else of its
working hours, else UTC.
"""

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL


def get_today(records):
    """The day where the company of records is; that of the user's company, where they have none.

    :param records: of one company, or companies themselves
    :return: a date
    """
    own = records[:1]
    if records._name != "res.company":
        known = own.sudo()  # whose day it is, is no secret
        own = known.company_id if "company_id" in known._fields else None
    clock = (own or records.env.company)._get_sales_clock()
    now = fields.Datetime.context_timestamp(records.with_context(tz=clock), fields.Datetime.now())
    return now.date()


def _get_days(companies):
    """``{day: ids of the companies where it is that day}``"""
    days = {}
    for company in companies or companies.env.company:
        days.setdefault(get_today(company), []).append(company.id)
    return days


def by_day(companies, get_domain):
    """A domain on records that have a company, each judged by the day where that is.

    :param companies: whose days differ, maybe; what is of others is judged by the first day
    :param get_domain: a function of a day
    """
    days = _get_days(companies)
    if len(days) == 1:
        return get_domain(*days)
    known = [company for ids in days.values() for company in ids]
    others = Domain("company_id", "not in", known) & get_domain(next(iter(days)))
    return others | Domain.OR(Domain("company_id", "in", ids) & get_domain(day) for day, ids in days.items())


def get_day_sql(companies, column):
    """The day where a company is, in SQL.

    :param companies: which there may be
    :param column: of the company's id
    """
    days = _get_days(companies)
    default = next(iter(days))
    if len(days) == 1:
        return SQL("%s::date", default)
    cases = [SQL("WHEN %s = ANY(%s) THEN %s::date", column, ids, day) for day, ids in days.items()]
    return SQL("CASE %s ELSE %s::date END", SQL(" ").join(cases), default)


def get_day_of_sql(companies, column, moment):
    """The day where a company is that a moment is of, in SQL.

    :param companies: which there may be
    :param column: of the company's id
    :param moment: a timestamp in UTC
    """
    clocks = {}
    for company in companies or companies.env.company:
        clocks.setdefault(company._get_sales_clock() or "UTC", []).append(company.id)
    cases = [SQL("WHEN %s = ANY(%s) THEN %s", column, ids, clock) for clock, ids in clocks.items()]
    clock = SQL("CASE %s ELSE 'UTC' END", SQL(" ").join(cases))
    return SQL("timezone(%s, timezone('UTC', %s))::date", clock, moment)
