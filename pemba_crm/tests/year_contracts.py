"""The ledger of contracts: what is sold comes into them, they are reduced, held, terminated and covered."""

from .year_offers import PRICE_DIGITS, OfferLedger
from .year_plain import DAY, Contract, Covered, to_money


class ContractLedger(OfferLedger):
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
            elif line in covered:
                self.ask_about_unsold(covered[line], day)
            elif line.counts and line.taken:
                self.ask_about_taken(line, day)
            elif line.counts and line not in covered:
                self.put_into_contract(deal, line, day)

    def ask_about_unsold(self, covered, day):
        """Who has a contract that covers what is not sold any more is asked, of what goes on there, too."""
        covered.contract.is_asked |= covered.contract.is_open(day)
        for copy in covered.contract.get_copies(covered):
            if not copy.sold:
                self.ask_about_unsold(copy, day)

    def take_out(self, covered):
        """A draft loses it, and goes with its last line."""
        contract = covered.contract
        contract.lines.remove(covered)
        if not (contract.lines or contract.before):
            contract.account.contracts.remove(contract)

    def put_into_contract(self, deal, line, day):
        """Into the term that runs of the contract that it extends, else into one that runs throughout."""
        term = line.extends or self.find_running(deal.account, line.first, day, line.last)
        term = term and self.get_running_term(term, day)
        if term and not (term.is_open(day) or (term.state == "draft" and term.before)):
            term = None
        if not term:
            term = self.draft(deal, line)
        is_within = line.first <= term.last and line.last >= term.first
        first = max(line.first, term.first) if is_within else min(max(deal.closed_on, term.first), term.last)
        last = min(line.last, term.last) if is_within else term.last
        added = term.add(self.cover(line, first, last, deal.account.digits))
        self.go_on(added, day)

    def go_on(self, added, day):
        """What runs to the end of a contract goes on in the terms that follow it already."""
        term, following = added.contract, added.contract.following
        if following and added.last == term.last and (following.is_open(day) or following.state == "draft"):
            copy = Covered(**added.get_terms(), first=following.first, last=following.last)
            copy.before, copy.equipment = added, added.equipment
            self.go_on(following.add(copy), day)

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
        equipment = line.renews.equipment if line.renews else line.deal.equipment
        if equipment and equipment.owner == line.deal.account.name:
            covered.equipment = equipment
        return covered

    def follow_sale(self, covered, line, day):
        """It is what was sold, unless it was reduced; what is over stays, and a person is asked.

        A copy in the next term follows; where that was agreed on, a person is asked.
        """
        contract, terms = covered.contract, line.get_agreed(line.deal.account.digits)
        is_other = covered.get_terms() != terms
        if contract.state != "draft" and not contract.is_open(day):
            self.get_running_term(contract, day).is_asked |= is_other
            return
        if covered.is_amended:
            return
        before = covered.get_terms()
        covered.take_terms(terms)
        if line.first <= contract.last and line.last >= contract.first:
            covered.first, covered.last = max(line.first, contract.first), min(line.last, contract.last)
        self.follow_in_copies(covered, before)

    def follow_in_copies(self, covered, before):
        """What changed changes in the next term, at its prices; where that was agreed on, a person is asked.

        :param before: its terms before
        """
        now = covered.get_terms()
        changed = {name: value for name, value in now.items() if value != before[name]}
        for copy in covered.contract.get_copies(covered) if changed else ():
            terms, was = dict(changed), copy.get_terms()
            if "price" in changed and before["price"]:
                terms["price"] = self.scale(now["price"], copy.price / before["price"], copy.contract)
            if all(was[name] == value for name, value in terms.items()):
                continue
            if copy.sold or copy.is_amended:
                copy.contract.is_asked = True
            else:
                copy.take_terms(terms)
                self.follow_in_copies(copy, was)

    def scale(self, price, coefficient, contract):
        """A price that was revised by a coefficient, with the digits of prices or two more than it has."""
        digits = max(2, contract.account.digits)
        if coefficient == 1:
            return price
        if (price * 10**digits).denominator != 1:
            digits = PRICE_DIGITS + 2
        return to_money(price * coefficient, digits)

    def get_running_term(self, contract, day):
        while contract.following and not contract.is_open(day):
            contract = contract.following
        return contract

    def start(self, contract):
        contract.state = "running"
        if contract.before:
            contract.before.state = "renewed"

    def hold(self, contract, is_held):
        """A payment is disputed, or not any more: so it is in what follows."""
        contract.is_held = is_held
        if contract.following:
            self.hold(contract.following, is_held)

    def deliver(self, deal, equipment):
        """What was sold with it is covered by whatever its contract became."""
        deal.equipment = equipment
        sold = {line for line in deal.lines if line.is_recurring}
        for contract in deal.account.contracts:
            for line in contract.lines:
                if line.sold in sold:
                    self.cover_with(line, equipment)

    def cover_with(self, covered, equipment):
        """So does what goes on of it by itself."""
        covered.equipment = equipment
        for copy in covered.contract.get_copies(covered):
            if not (copy.sold or copy.is_amended):
                self.cover_with(copy, equipment)

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
        self.reduce_copies(covered, rest if left else covered, quantity)
        if left and contract.renewal and rest is not covered:
            for line in contract.renewal.lines:
                line.renews = rest if line.renews is covered else line.renews
            contract.renewal.known.append(rest)
        if day > covered.first:
            covered.last, covered.is_amended = day - DAY, True
        elif not left:
            self.take_off(covered)
            for line in contract.renewal.lines if contract.renewal else ():
                line.renews = None if line.renews is covered else line.renews

    def take_off(self, covered):
        """All of it was taken away from its first day on: its sale does not bring it back."""
        covered.contract.lines.remove(covered)
        if covered.sold:
            digits = covered.contract.account.digits
            covered.sold.taken = covered.contract, covered.sold.get_agreed(digits)

    def ask_about_taken(self, line, day):
        """Corrected since, a person is asked."""
        contract, before = line.taken
        now = line.get_agreed(line.deal.account.digits)
        line.taken = contract, now
        if before != now:
            self.get_running_term(contract, day).is_asked = True

    def reduce_copies(self, covered, rest, quantity):
        """Less in the next terms, too."""
        for copy in covered.contract.get_copies(covered):
            self.reduce_copies(copy, copy, quantity)
            if copy.quantity > quantity:
                copy.quantity -= quantity
                copy.is_amended, copy.before = True, rest
            else:
                self.take_off(copy)

    def terminate(self, contract, day, today):
        """It ends on a day, and is not offered any more; offers that add to it end with it."""
        renewal = contract.renewal
        lasts = [(line, line.last) for line in contract.lines]
        lost = [renewal] if renewal and renewal.state == "pending" else []
        contract.termination = contract.last, lasts, lost
        contract.last, contract.state, contract.is_closed = day, "terminated", True
        contract.lines = [line for line in contract.lines if line.first <= day]
        for line in contract.lines:
            line.last = min(line.last, day)
        for one in lost:
            self.close(one, "lost", today)
        self.move_offers(contract, today)

    def reinstate(self, contract, today):
        """Taken back, it runs to its end again, and is renewed."""
        contract.last, lasts, lost = contract.termination
        contract.state, contract.is_closed, contract.termination = "running", False, None
        contract.lines = [line for line, _last in lasts]
        for line, last in lasts:
            line.last = last
        for one in lost:
            self.reopen(one)
        self.move_offers(contract, today)

    def move_offers(self, contract, today):
        for deal in contract.account.deals:
            for line in deal.lines if deal.state == "pending" else ():
                if line.extends is contract and not line.is_typed:
                    self.move(line, max(deal.deadline or today, today), today)
