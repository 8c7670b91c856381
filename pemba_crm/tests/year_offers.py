"""The ledger of offers: what is offered, quoted, won and ordered, by the rules of the design alone.

Contracts and renewals are in ``year_contracts`` and ``year_renewal``; the ledger shares no code with the
add-on. Every act names its day; what it says of an amount is exact.
"""

from fractions import Fraction

from .year_plain import DAY, Deal, Quotation, add_months, get_share, to_money

PRICE_DIGITS = 9  # that a price has which follows from an amount


class OfferLedger:
    """Deals, their lines, quotations and orders; later parts have contracts (``contract``, ``propose``)."""

    def __init__(self, kind, maturities, index):
        """
        :param kind: the conditions of all contracts
        :param maturities: of new deals and of renewals, in %
        :param index: ``{month: value}`` of what is published
        """
        self.kind = kind
        self.offer_maturity, self.renewal_maturity = maturities
        self.index = index
        self.accounts = []

    def get_contracts(self):
        return [contract for account in self.accounts for contract in account.contracts]

    def refresh(self, account, day):
        """Whatever changed a contract reaches its open renewal."""
        for contract in account.contracts:
            if contract.renewal and contract.renewal.state == "pending":
                self.propose(contract.renewal)

    # ------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------

    def offer(self, account, day, name, lines, deadline=None):
        """A deal is offered: what recurs starts on the expected closing day, and never before today."""
        deal = Deal(account, name, [], self.offer_maturity, deadline)
        account.deals.append(deal)
        self.add_lines(deal, lines, day)
        return deal

    def add_lines(self, deal, lines, day):
        first = max(deal.deadline or day, day)
        for line in lines:
            deal.add(line)
            if deal.renews:
                line.first, line.last = self.get_next_term(deal.renews)
            elif line.is_recurring:
                # What an order adds has no days of its own: it is sold for a term.
                if not line.is_by_order:
                    days = (line.first, line.last) if line.is_typed else (first, None)
                    line.extends = self.find_running(deal.account, days[0], day, days[1])
                self.give_days(line, first)

    def find_running(self, account, first, day, last=None):
        """The newest contract that runs on a day, for a whole period where one is given."""
        running = [
            one
            for one in account.contracts
            if one.is_open(day) and one.first <= first <= one.last and (last is None or last <= one.last)
        ]
        return max(running, key=lambda one: (one.first, account.contracts.index(one)), default=None)

    def give_days(self, line, first):
        if not line.is_typed:
            line.first, line.last = self.get_days(line, first)

    def get_days(self, line, first):
        """From a day on, to the end of the contract that it adds to, else for a term of its own."""
        contract = line.extends
        if contract:
            return max(first, contract.first), contract.last
        return first, add_months(first, self.kind.months) - DAY

    def start_by(self, deal, day):
        """What is to start before a day starts on that day, in the term that runs then.

        :return: the lines that start on another day now
        """
        moved = []
        for line in deal.lines:
            is_free = line.is_recurring and not (line.is_typed or deal.renews)
            if not is_free or line.first >= day:
                continue
            term = line.extends
            while term and term.last < day:
                term = term.following
            line.extends = term if term and (term.is_open(day) or term.state == "draft") else None
            before = line.first, line.last
            self.give_days(line, day)
            if (line.first, line.last) != before:
                moved.append(line)
        return moved

    def postpone(self, deal, deadline, day):
        """Expected on another day; what starts after its contract is for one that runs then, or for none."""
        deal.deadline = deadline
        for line in deal.lines:
            if line.is_recurring and not (line.is_typed or deal.renews):
                self.move(line, max(deadline or day, day), day)

    def move(self, line, first, day):
        if line.extends and first > line.extends.last:
            line.extends = self.find_running(line.deal.account, first, day)
        self.give_days(line, first)

    def quote(self, deal, day):
        self.start_by(deal, day)
        quotation = Quotation(deal, self.get_all_quoted(deal))
        quotation.take_days()
        deal.quotations.append(quotation)
        return quotation

    def get_all_quoted(self, deal):
        return {line: self.get_quoted(line, deal.account.digits) for line in deal.get_counting()}

    def get_quoted(self, line, digits):
        """Quantity, and the price of one: with the discount, or what a distributor pays."""
        if line.rate:
            return [line.quantity, line.get_amount(digits) / line.quantity]
        return [line.quantity, line.price * line.get_share() * (1 - line.discount / 100)]

    def update(self, quotation, day):
        """Brought up to date, a quotation is the offer."""
        self.start_by(quotation.deal, day)
        added = {line: quoted for line, quoted in quotation.lines.items() if line.is_by_order}
        quotation.lines = self.get_all_quoted(quotation.deal) | added
        quotation.take_days()

    # ------------------------------------------------------------
    # Results
    # ------------------------------------------------------------

    def win(self, deal, day):
        self.start_by(deal, day)
        self.close(deal, "won", day)
        self.contract(deal, day)

    def close(self, deal, state, day):
        deal.state, deal.closed_on = state, day

    def confirm(self, quotation, day):
        """The order wins: what was to start before it starts now, at prices in proportion."""
        deal = quotation.deal
        if not quotation.is_signed:
            if deal.state == "pending":
                self.start_by(deal, day)
            for line in quotation.lines:
                if line in quotation.days and line.is_recurring and not (line.is_typed or line.renews):
                    self.meet(quotation, line, day)
        self.add_lines(deal, [line for line in quotation.lines if line not in deal.lines], day)
        quotation.state = "sale"
        if deal.state != "won":
            self.close(deal, "won", day)
        self.align(deal, day)

    def meet(self, quotation, line, day):
        """What was quoted for a day that is to come starts on it; else it is for the days of the offer."""
        days = quotation.days[line]
        deal = quotation.deal
        is_open = deal.state == "pending"
        if days == (line.first, line.last):
            return
        if is_open and days[0] >= day and self.get_days(line, days[0]) == days:
            line.first, line.last = days
        else:
            self.move_price(quotation.lines[line], line, days, deal.account.digits)

    def move_price(self, quoted, line, days, digits):
        """Its price is that of other days now, in proportion where it was none of the offer.

        :param days: those that it was quoted for
        """
        share = get_share(*days, line.extends.anchor if line.extends else days[0])
        now = self.get_quoted(line, digits)[1]
        then = line.price * share * (1 - line.discount / 100)
        if line.rate:
            then = line.get_net(share, digits) / line.quantity
        is_as_offered = abs(quoted[1] - then) * quoted[0] < Fraction(1, 10**digits)  # the smallest coin
        quoted[1] = now if is_as_offered else quoted[1] * line.get_share() / share

    def align(self, deal, day):
        """The lines are what was ordered; without an order any more they are what was offered."""
        orders = [one for one in deal.quotations if one.state == "sale"]
        for line in deal.lines:
            ordered = [one for one in orders if line in one.lines]
            if ordered:
                self.take_order(line, ordered, deal.account.digits)
            elif orders and line.counts:
                line.offer = line.offer or self.get_kept(line)
                line.counts = False
            elif not orders and line.offer:
                line.take_terms(line.offer)
                line.offer, line.ordered = None, None
        self.contract(deal, day)

    def take_order(self, line, orders, digits):
        """Quantity and net amount are those of orders; what the customer pays and its price follow."""
        line.offer = line.offer or self.get_kept(line)
        quantity = sum(order.lines[line][0] for order in orders)
        net = sum(order.get_net(line) for order in orders)
        is_same = (quantity, net) == (line.quantity, line.get_amount(digits))
        line.quantity, line.ordered, line.counts = quantity, net, True
        if is_same:
            return
        units = quantity * line.get_share() * (1 - line.discount / 100)
        paid = to_money(net / (1 - line.rate / 100), digits)
        if to_money(line.price * units, digits) != paid:
            exact = sum(order.lines[line][0] * order.lines[line][1] for order in orders)
            line.price = to_money((paid if line.rate else exact) / units, PRICE_DIGITS)

    def get_kept(self, line):
        """The terms that come back once all orders are cancelled."""
        return line.get_terms() | {"counts": line.counts and not line.is_by_order}

    def correct(self, order, line, day, quantity=None, price=None):
        """A confirmed order is corrected.

        :param price: of one, with the discount
        """
        quoted = order.lines[line]
        order.lines[line] = [
            quoted[0] if quantity is None else quantity,
            quoted[1] if price is None else price,
        ]
        self.align(order.deal, day)

    def reopen(self, deal):
        """What was lost is open again."""
        deal.state, deal.closed_on = "pending", None
        if deal.renews:
            deal.renews.is_closed = False

    def cancel(self, order, day):
        order.state = "cancel"
        self.align(order.deal, day)

    def lose(self, deal, day):
        self.close(deal, "lost", day)
        contract = deal.renews
        if contract and contract.state in ("running", "expired"):
            contract.is_closed = True
