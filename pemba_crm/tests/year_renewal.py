"""The ledger of renewals: what opens, what is offered, what follows, and what time does."""

from fractions import Fraction

from .year_contracts import ContractLedger
from .year_offers import PRICE_DIGITS
from .year_plain import DAY, Contract, Covered, Deal, Offered, add_months, get_share, is_of_chain, to_money

MISSED_MONTHS = 6


class RenewalLedger(ContractLedger):
    # ------------------------------------------------------------
    # The daily jobs
    # ------------------------------------------------------------

    def open_renewals(self, day):
        for contract in self.get_contracts():
            if self.is_due(contract, day):
                contract.is_set_aside = not contract.get_offered()
                if not contract.is_set_aside:
                    self.open(contract)

    def is_due(self, contract, day):
        return (
            contract.state == "running"
            and self.kind.get_opening(contract) <= day
            and contract.last >= add_months(day, -MISSED_MONTHS)
            and not (contract.following or contract.is_closed or contract.renewal)
        )

    def follow_the_day(self, day):
        """Tacit renewals start, and what is over expires unless its renewal is still to be opened."""
        if self.kind.is_tacit:
            for contract in self.get_contracts():
                self.renew_tacitly(contract, day)
        for contract in self.get_contracts():
            is_waiting = self.is_due(contract, day) and not contract.is_set_aside
            if contract.state == "running" and contract.last < day and not is_waiting:
                contract.state = "expired"

    def renew_tacitly(self, contract, day):
        is_over = contract.state in ("running", "expired") and contract.last < day
        if not is_over or contract.is_closed or contract.last < add_months(day, -MISSED_MONTHS):
            return
        while contract.last < day:
            if not contract.following:
                if not (contract.get_offered() or contract.renewal and contract.renewal.get_counting()):
                    contract.is_set_aside = True
                    return
                self.succeed(contract, contract.renewal, day)
            contract = contract.following

    # ------------------------------------------------------------
    # The index
    # ------------------------------------------------------------

    def get_newest_month(self, start):
        """The newest month with a value, at least the lag before a term starts."""
        limit = add_months(start.replace(day=1), -self.kind.lag)
        return max((month for month in self.index if month <= limit), default=None)

    def get_coefficient(self, contract):
        """``(coefficient, month)``, within cap and floor; None where a value is missing."""
        month, base = self.get_newest_month(contract.last + DAY), contract.base_month
        if not (month and base and month > base):
            return None
        share = self.kind.fixed_share / 100
        coefficient = share + (1 - share) * self.index[month] / self.index[base]
        if self.kind.cap is not None:
            coefficient = min(coefficient, 1 + self.kind.cap / 100)
        if self.kind.floor is not None:
            coefficient = max(coefficient, 1 + self.kind.floor / 100)
        return coefficient, month

    def revalue(self, price, coefficient, digits):
        """Rounded to the digits of prices, or two more than it has; rounding passes neither cap nor floor."""
        if coefficient == 1:
            return price
        digits = max(2, digits)
        if (price * 10**digits).denominator != 1:
            digits = PRICE_DIGITS + 2
        revised = to_money(price * coefficient, digits)
        cap, floor = self.kind.cap, self.kind.floor
        cent = Fraction(1, 10**digits)
        if cap is not None and revised > price * (1 + cap / 100):
            revised -= cent
        elif floor is not None and revised < price * (1 + floor / 100):
            revised += cent
        return revised

    def publish(self, month, value):
        """Open renewals are at the price of today's values."""
        self.index[month] = value
        for contract in self.get_contracts():
            if contract.renewal and contract.renewal.state == "pending" and self.kind.has_index:
                before = contract.renewal.coefficient, contract.renewal.month, contract.renewal.is_to_revise
                self.revise(contract.renewal)
                renewal = contract.renewal
                if before != (renewal.coefficient, renewal.month, renewal.is_to_revise):
                    self.propose(renewal)
                    if before[2]:  # it could not be offered yet
                        self.reprice_quotations(renewal)

    def revise(self, renewal):
        if not self.kind.has_index:
            return
        found = self.get_coefficient(renewal.renews)
        renewal.is_to_revise = found is None
        renewal.coefficient, renewal.month = found or (Fraction(1), None)

    def reprice_quotations(self, renewal):
        """Quotations that were made are at the new price."""
        for quotation in renewal.quotations:
            for line in quotation.lines if quotation.state == "draft" else ():
                if line in renewal.lines:
                    quotation.lines[line][1] = self.get_quoted(line, renewal.account.digits)[1]

    # ------------------------------------------------------------
    # The offer
    # ------------------------------------------------------------

    def open(self, contract):
        name = f"renewal of {contract.brought_by.name if contract.brought_by else 'a term'}"
        renewal = Deal(contract.account, name, [], self.renewal_maturity, contract.last, renews=contract)
        contract.renewal = renewal
        contract.account.deals.append(renewal)
        self.revise(renewal)
        self.propose(renewal)

    def get_next_term(self, contract):
        """The day after the end, to the day before the term after that; a chain returns to its day."""
        first = contract.last + DAY
        if not is_of_chain(first, contract.anchor):
            return first, add_months(first, self.kind.months) - DAY
        months = (first.year - contract.anchor.year) * 12 + first.month - contract.anchor.month
        return first, add_months(contract.anchor, months + self.kind.months) - DAY

    def propose(self, renewal):
        """Offer what the contract says; what was negotiated and what was taken out stays so."""
        contract = renewal.renews
        first, last = self.get_next_term(contract)
        lines = contract.get_offered()
        offered = {line.renews: line for line in renewal.lines if line.renews}
        for line in lines:
            price = self.revalue(line.price, renewal.coefficient, renewal.account.digits)
            proposed = (line.quantity, price, line.discount, line.rate, first, last)
            if line in offered:
                self.take_proposal(offered[line], proposed)
            elif line not in renewal.known:
                terms = line.product, line.quantity, price, line.discount, line.rate
                renewal.add(Offered(*terms, first=first, last=last, renews=line, proposed=proposed))
        for line in renewal.lines:
            if line.proposed and not line.offer:
                line.counts = line.renews in lines
        renewal.known = list(lines)

    def take_proposal(self, line, proposed):
        names = ("quantity", "price", "discount", "rate", "first", "last")
        for name, before, now in zip(names, line.proposed, proposed, strict=True):
            if getattr(line, name) == before:
                setattr(line, name, now)
        line.proposed = proposed

    def reopen(self, deal):
        """It offers what its contract says by now."""
        result = super().reopen(deal)
        if deal.renews:
            self.revise(deal)
            self.propose(deal)
        return result

    # ------------------------------------------------------------
    # The next term
    # ------------------------------------------------------------

    def renew(self, contract, renewal, day):
        """What was won is the next term; one that runs already is what was sold."""
        following = contract.following
        if not following:
            self.succeed(contract, renewal, day)
            return
        covered, digits = {line.sold: line for line in following.lines if line.sold}, renewal.account.digits
        sold = renewal.get_counting()
        for line in sold:
            if line in covered:
                self.follow_sale(covered[line], line, day)
            elif line.taken:
                self.ask_about_taken(line, day)
            elif following.is_open(day) or following.state == "draft":
                following.add(self.cover(line, line.first, line.last, digits))

    def succeed(self, contract, renewal, day):
        """The successor starts on the day after the end, with what was offered."""
        account, digits = contract.account, contract.account.digits
        sold = renewal.get_counting() if renewal else []
        first, last = self.get_next_term(contract)
        if sold:
            first, last = min(line.first for line in sold), max(line.last for line in sold)
        following = Contract(account, first, last, first, before=contract, is_held=contract.is_held)
        if first == contract.last + DAY and is_of_chain(first, contract.anchor):
            following.anchor = contract.anchor
        coefficient, month = Fraction(1), None
        if renewal:
            coefficient, month = renewal.coefficient, renewal.month
        elif self.kind.has_index:
            coefficient, month = self.get_coefficient(contract) or (Fraction(1), None)
        following.base_month = month or contract.base_month
        for line in sold:
            following.add(self.cover(line, line.first, line.last, digits))
        for line in () if sold else contract.get_offered():
            price = self.revalue(line.price, coefficient, digits)
            copy = Covered(line.product, line.quantity, price, line.discount, line.rate, first, last)
            copy.before, copy.equipment = line, line.equipment
            following.add(copy)
        contract.following = following
        account.contracts.append(following)
        self.start(following)

    # ------------------------------------------------------------
    # What is asked of it
    # ------------------------------------------------------------

    def is_covered(self, account, day, equipment=None):
        """Whether contracts in force cover a customer, or a piece of its equipment, on a day."""
        if equipment and equipment.owner != account.name:
            return False
        return any(
            contract.state != "draft" and not contract.is_held and line.first <= day <= line.last
            for contract in account.contracts
            for line in contract.lines
            if not equipment or line.equipment is equipment
        )

    def get_revenue(self, contract, first, last, today):
        """What a contract brings in a time, in company currency: ``(under contract, renewal expected)``.

        No renewal is expected of what expired long ago.
        """
        rate, digits = contract.account.rate, contract.account.digits
        certain = sum(
            line.get_net(Fraction(1), digits) * get_share(*days, contract.anchor)
            for line in contract.lines
            if (days := (max(line.first, first), min(line.last, last))) and days[0] <= days[1]
        )
        expected, following = Fraction(0), max(contract.last + DAY, first)
        is_history = contract.state == "expired" and contract.last < add_months(today, -MISSED_MONTHS)
        is_awaited = contract.state in ("running", "expired") and not is_history
        is_expected = is_awaited and not (contract.following or contract.is_closed)
        if is_expected and following <= last:
            expected = sum(
                line.get_net(Fraction(1), digits) * get_share(following, last, contract.last + DAY)
                for line in contract.get_offered()
            )
        return certain / rate, expected / rate
