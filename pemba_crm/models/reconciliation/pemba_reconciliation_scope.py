from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytz
from odoo.models import BaseModel


@dataclass(frozen=True)
class Scope:
    """What is compared: the sales of a company up to a day, to customers of a zone.

    An add-on that compares by more makes a subclass of it, and ``pemba.reconciliation._get_scope`` return it.
    """

    company: BaseModel
    date: date
    zone: BaseModel  # with those below it; where it is empty, all customers
    quantity_tolerance: float = 0.0  # what differs by no more matches
    amount_tolerance: float = 0.0

    @property
    def company_currency(self):
        return self.company.sudo().currency_id  # accountants need not see companies

    @property
    def clock(self):
        """The time zone that tells the company's day."""
        return self.company._get_sales_clock()

    @property
    def end_of_day(self):
        """The end of the day where the company is, in UTC."""
        following = datetime.combine(self.date + timedelta(days=1), time.min)
        return pytz.timezone(self.clock).localize(following).astimezone(pytz.utc).replace(tzinfo=None)
