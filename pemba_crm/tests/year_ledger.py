"""A ledger of a year: what sales, orders, renewals and time make of deals and contracts, by the rules alone.

It shares no code with the add-on. Every act names its day; what it says of an amount is exact.
"""

from .year_plain import (
    DAY,
    Contract,
    Covered,
    Deal,
    Quotation,
    add_months,
    to_money,
)

PRICE_DIGITS = 9  # that a price has which follows from an amount


class Ledger:
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
        """From a day on, to the end of the contract that it adds to, else for a term of its own."""
        contract = line.extends
        if line.is_typed:
            return
        if contract:
            line.first, line.last = max(first, contract.first), contract.last
        else:
            line.first, line.last = first, add_months(first, self.kind.months) - DAY

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
        deal, digits = quotation.deal, quotation.deal.account.digits
        before = {line: self.get_quoted(line, digits) for line in quotation.lines if line in deal.lines}
        if deal.state == "pending" and not quotation.is_signed:
            for line in self.start_by(deal, day):
                if line in before:
                    self.move_price(quotation.lines[line], before[line], self.get_quoted(line, digits))
        self.add_lines(deal, [line for line in quotation.lines if line not in deal.lines], day)
        quotation.state = "sale"
        if deal.state != "won":
            self.close(deal, "won", day)
        self.align(deal, day)

    def move_price(self, quoted, before, now):
        quoted[1] = now[1] if quoted[1] == before[1] else quoted[1] * now[1] / before[1]

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

    # ------------------------------------------------------------
    # Contracts of what is sold
    # ------------------------------------------------------------

    def contract(self, deal, day):
        """What is won is in a contract; done again, that is brought up to date."""
        if deal.state != "won":
            return
        if deal.renews:
            self.renew(deal.renews, deal, day)
            return
        covered = {line.sold: line for one in deal.account.contracts for line in one.lines if line.sold}
        for line in deal.lines:
            if not line.is_recurring:
                continue
            if line in covered and line.counts:
                self.follow_sale(covered[line], line, day)
            elif line in covered and covered[line].contract.state == "draft":
                self.take_out(covered[line])
            elif line.counts and line not in covered:
                self.put_into_contract(deal, line, day)

    def take_out(self, covered):
        """A draft loses it, and goes with its last line."""
        contract = covered.contract
        contract.lines.remove(covered)
        if not (contract.lines or contract.before):
            contract.account.contracts.remove(contract)

    def put_into_contract(self, deal, line, day):
        """Into the term that runs of the contract that it extends, else into one that runs throughout."""
        term = line.extends or self.find_running(deal.account, line.first, day, line.last)
        while term and term.following and not term.is_open(day):
            term = term.following
        if term and not (term.is_open(day) or (term.state == "draft" and term.before)):
            term = None
        if not term:
            term = self.draft(deal, line)
        is_within = line.first <= term.last and line.last >= term.first
        first = max(line.first, term.first) if is_within else min(max(deal.closed_on, term.first), term.last)
        last = min(line.last, term.last) if is_within else term.last
        added = term.add(self.cover(line, first, last, deal.account.digits))
        following = term.following
        if following and last == term.last and (following.is_open(day) or following.state == "draft"):
            copy = Covered(**added.get_terms(), first=following.first, last=following.last)
            copy.before, copy.equipment = added, added.equipment
            following.add(copy)

    def draft(self, deal, line):
        """The draft that the deal brought; the index is as old as what it will be compared with."""
        account = deal.account
        drafts = [one for one in account.contracts if one.brought_by is deal and one.state == "draft"]
        if drafts:
            drafts[0].first = drafts[0].anchor = min(drafts[0].first, line.first)
            drafts[0].last = max(drafts[0].last, line.last)
            return drafts[0]
        contract = Contract(account, line.first, line.last, line.first, brought_by=deal)
        if self.kind.has_index:
            contract.base_month = self.get_newest_month(line.first)
        account.contracts.append(contract)
        return contract

    def cover(self, line, first, last, digits):
        covered = Covered(**line.get_agreed(digits), first=first, last=last, sold=line, before=line.renews)
        covered.equipment = line.renews.equipment if line.renews else line.deal.equipment
        return covered

    def follow_sale(self, covered, line, day):
        """It is what was sold, unless it was reduced; what is over stays. A copy in the next term follows."""
        contract = covered.contract
        if contract.state != "draft" and not contract.is_open(day) or covered.is_amended:
            return
        covered.take_terms(line.get_agreed(contract.account.digits))
        if line.first <= contract.last and line.last >= contract.first:
            covered.first, covered.last = max(line.first, contract.first), min(line.last, contract.last)
        for copy in contract.following.lines if contract.following else ():
            if copy.before is covered and not (copy.sold or copy.is_amended):
                copy.take_terms(covered.get_terms())

    def start(self, contract):
        contract.state = "running"
        if contract.before:
            contract.before.state = "renewed"

    def hold(self, contract, is_held):
        """A payment is disputed; once it is not any more, what follows is not held either."""
        contract.is_held = is_held
        if contract.following and not is_held:
            self.hold(contract.following, False)

    def deliver(self, deal, equipment):
        """What was sold with it is covered by whatever its contract became."""
        deal.equipment = equipment
        sold = {line for line in deal.lines if line.is_recurring}
        for contract in deal.account.contracts:
            for line in contract.lines:
                if line.sold in sold:
                    line.equipment = equipment

    def reduce(self, covered, quantity, day):
        """Less of a line from a day on: what stays goes on, in the next term too."""
        contract, rest = covered.contract, covered
        left = covered.quantity - quantity
        if left and day > covered.first:
            rest = Covered(**covered.get_terms(), first=day, last=covered.last, is_amended=True)
            rest.equipment = covered.equipment
            rest.quantity = left
            contract.add(rest)
        elif left:
            covered.quantity, covered.is_amended = left, True
        for next_line in list(contract.following.lines) if contract.following else ():
            if next_line.before is covered and next_line.quantity > quantity:
                next_line.quantity -= quantity
                next_line.is_amended, next_line.before = True, rest if left else covered
            elif next_line.before is covered:
                contract.following.lines.remove(next_line)
        if left and contract.renewal and rest is not covered:
            for line in contract.renewal.lines:
                line.renews = rest if line.renews is covered else line.renews
            contract.renewal.known.append(rest)
        if day > covered.first:
            covered.last, covered.is_amended = day - DAY, True
        elif not left:
            contract.lines.remove(covered)
            for line in contract.renewal.lines if contract.renewal else ():
                line.renews = None if line.renews is covered else line.renews

    def terminate(self, contract, day, today):
        """It ends on a day, and is not renewed; offers that add to it end with it."""
        renewal = contract.renewal
        lasts = [(line, line.last) for line in contract.lines]
        lost = renewal if renewal and renewal.state == "pending" else None
        contract.termination = contract.last, lasts, lost
        contract.last, contract.state, contract.is_closed = day, "terminated", True
        contract.lines = [line for line in contract.lines if line.first <= day]
        for line in contract.lines:
            line.last = min(line.last, day)
        if lost:
            self.close(lost, "lost", today)
        self.move_offers(contract, today)

    def reinstate(self, contract, today):
        """Taken back, it runs to its end again, and is renewed."""
        contract.last, lasts, lost = contract.termination
        contract.state, contract.is_closed, contract.termination = "running", False, None
        contract.lines = [line for line, _last in lasts]
        for line, last in lasts:
            line.last = last
        if lost:
            self.reopen(lost)
        self.move_offers(contract, today)

    def move_offers(self, contract, today):
        for deal in contract.account.deals:
            for line in deal.lines if deal.state == "pending" else ():
                if line.extends is contract and not line.is_typed:
                    self.move(line, max(deal.deadline or today, today), today)
