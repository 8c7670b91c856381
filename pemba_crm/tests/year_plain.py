"""What the ledger of a year reckons with: days, shares of contract years and money, in exact fractions.

It shares no code with the add-on.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

DAY = timedelta(days=1)


def to_money(value, digits):
    """Rounded to the digits of a currency, halves away from zero."""
    units = floor(abs(value) * 10**digits + Fraction(1, 2))
    return Fraction(units if value >= 0 else -units, 10**digits)


def add_months(day, months):
    """The same day of another month, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def get_share(first, last, anchor):
    """A period in contract years, both ends counted: days over the days of the years that they are in."""
    share, number = Fraction(0), first.year - anchor.year - 1
    while (start := add_months(anchor, 12 * number)) <= last:
        number += 1
        following = add_months(anchor, 12 * number)
        days = (min(last, following - DAY) - max(first, start)).days + 1
        share += Fraction(max(days, 0), (following - start).days)
    return share


def is_of_chain(day, anchor):
    """Whether a term that starts on a day goes on from a first one on its day of the month."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return add_months(anchor, months) == day


@dataclass
class Kind:
    """The conditions of the contracts of a year."""

    months: int
    notice_months: int
    lead_days: int
    is_tacit: bool
    has_index: bool
    lag: int
    fixed_share: Fraction
    cap: Fraction | None
    floor: Fraction | None

    def get_opening(self, contract):
        """The day on which a renewal opens: some days before the last day of notice."""
        return add_months(contract.last + DAY, -self.notice_months) - DAY - self.lead_days * DAY


@dataclass(eq=False, repr=False)
class Equipment:
    owner: str
    quantity: Fraction
    is_there: bool = True


@dataclass(eq=False, repr=False)
class Sold:
    """What is sold, at what price a year."""

    product: str
    quantity: Fraction
    price: Fraction
    discount: Fraction = Fraction(0)
    rate: Fraction = Fraction(0)  # what the distributor keeps, in %

    def get_net(self, share, digits):
        """Ours of a share of a year: what the customer pays, rounded, less the distributor's, rounded."""
        paid = to_money(self.quantity * self.price * share * (1 - self.discount / 100), digits)
        return paid - to_money(paid * self.rate / 100, digits)

    def get_terms(self):
        names = ("product", "quantity", "price", "discount", "rate")
        return {name: getattr(self, name) for name in names}

    def take_terms(self, terms):
        for name, value in terms.items():
            setattr(self, name, value)


@dataclass(eq=False, repr=False)
class Covered(Sold):
    """A line of a contract."""

    first: date | None = None
    last: date | None = None
    sold: "Offered | None" = None
    before: "Covered | None" = None
    equipment: Equipment | None = None
    is_amended: bool = False


@dataclass(eq=False, repr=False)
class Offered(Sold):
    """A line of a deal."""

    is_recurring: bool = True
    first: date | None = None
    last: date | None = None
    extends: "Contract | None" = None
    renews: Covered | None = None
    counts: bool = True
    is_typed: bool = False  # its days were given
    is_by_order: bool = False  # added on a quotation
    ordered: Fraction | None = None  # what orders say that it comes to
    offer: dict | None = None  # as it was before it was ordered
    taken: tuple | None = None  # the contract that it was taken off, and its terms then
    proposed: tuple | None = None  # by the contract that it renews

    def get_anchor(self):
        """Its years are those of the contract that it adds to, or goes on from."""
        if self.extends:
            return self.extends.anchor
        renewed = self.deal.renews
        return renewed.anchor if renewed and is_of_chain(self.first, renewed.anchor) else self.first

    def get_share(self):
        return get_share(self.first, self.last, self.get_anchor()) if self.is_recurring else Fraction(1)

    def get_amount(self, digits):
        return self.get_net(self.get_share(), digits) if self.ordered is None else self.ordered

    def get_agreed(self, digits):
        """Terms for the contract: the price is that of the offer where it gives what was ordered."""
        terms = self.get_terms()
        if self.offer:
            offered = Sold(**terms | {"price": self.offer["price"]})
            if not self.is_by_order and offered.get_net(self.get_share(), digits) == self.ordered:
                return offered.get_terms()
        return terms


@dataclass(eq=False, repr=False)
class Contract:
    account: "Account"
    first: date
    last: date
    anchor: date
    state: str = "draft"
    lines: list = field(default_factory=list)
    before: "Contract | None" = None
    following: "Contract | None" = None
    renewal: "Deal | None" = None
    brought_by: "Deal | None" = None
    base_month: date | None = None
    is_closed: bool = False  # given up: lost, or terminated
    is_set_aside: bool = False
    is_held: bool = False
    is_asked: bool = False  # what is asked of a person
    termination: tuple | None = None  # what it changed

    def add(self, line):
        line.contract = self
        self.lines.append(line)
        return line

    def is_open(self, day):
        """Whether it takes what is sold: it is in force, or will be."""
        return self.state in ("running", "renewed") and self.last >= day

    def get_copies(self, covered):
        """What goes on of a line in the next term."""
        return [line for line in self.following.lines if line.before is covered] if self.following else []

    def get_offered(self):
        """What is renewed: it goes on to the end, and what it covers is there and still the customer's."""
        return [
            line
            for line in self.lines
            if line.last == self.last
            and (
                not line.equipment or (line.equipment.is_there and line.equipment.owner == self.account.name)
            )
        ]

    def get_line_amounts(self, line):
        """What a line comes to: for a full year, and for its days."""
        digits, share = self.account.digits, get_share(line.first, line.last, self.anchor)
        annual, sold = line.get_net(Fraction(1), digits), line.sold
        if sold and (line.get_terms(), share) == (sold.get_agreed(digits), sold.get_share()):
            return annual, sold.get_amount(digits)
        return annual, annual if share == 1 else line.get_net(share, digits)


@dataclass(eq=False, repr=False)
class Quotation:
    deal: "Deal"
    lines: dict  # offered line: [quantity, the price of one in the quotation]
    days: dict = field(default_factory=dict)  # offered line: (first, last) when it was quoted
    state: str = "draft"
    is_signed: bool = False

    def get_net(self, line):
        quantity, price = self.lines[line]
        return to_money(quantity * price, self.deal.account.digits)

    def get_amount(self):
        return sum(self.get_net(line) for line in self.lines)

    def take_days(self):
        """It names the days that are offered now."""
        self.days = {line: (line.first, line.last) for line in self.lines}


@dataclass(eq=False, repr=False)
class Deal:
    account: "Account"
    name: str
    lines: list
    maturity: Fraction
    deadline: date | None = None
    state: str = "pending"
    renews: Contract | None = None
    quotations: list = field(default_factory=list)
    known: list = field(default_factory=list)  # lines of the contract that were proposed
    coefficient: Fraction = Fraction(1)
    month: date | None = None  # of the index, that the coefficient is up to
    is_to_revise: bool = False
    closed_on: date | None = None
    equipment: Equipment | None = None  # that was delivered

    def add(self, line):
        line.deal = self
        self.lines.append(line)
        return line

    def sells_licences(self):
        return any(line.product == "Licence" for line in self.get_counting())

    def get_counting(self):
        return [line for line in self.lines if line.counts]

    def get_amount(self):
        return sum((line.get_amount(self.account.digits) for line in self.get_counting()), Fraction(0))

    def get_revenue(self):
        """In company currency: each line converted and rounded."""
        account = self.account
        amounts = [line.get_amount(account.digits) for line in self.get_counting()]
        return sum((to_money(amount / account.rate, 2) for amount in amounts), Fraction(0))

    def get_weighted(self):
        if self.state == "pending":
            return to_money(self.get_revenue() * self.maturity / 100, 2)
        return self.get_revenue() if self.state == "won" else Fraction(0)

    def is_other_than(self, quotation):
        """Whether a quotation brings another amount, other lines or other days than are offered now."""
        offered = {  # what was ordered is not offered any more
            line: (line.quantity, line.first, line.last)
            for line in self.get_counting()
            if line.ordered is None
        }
        quoted = {
            line: (terms[0], *quotation.days.get(line, (line.first, line.last)))
            for line, terms in quotation.lines.items()
            if not line.is_by_order
        }
        is_other = quoted != offered or quotation.get_amount() != self.get_amount()
        return quotation.state == "draft" and is_other


@dataclass(eq=False, repr=False)
class Account:
    """A customer, with whom all is agreed in one currency and through one distributor, or none."""

    name: str
    digits: int
    rate: Fraction  # units of its currency for one of the company's
    margin: Fraction  # of the distributor, in %
    deals: list = field(default_factory=list)
    contracts: list = field(default_factory=list)
    equipment: list = field(default_factory=list)
