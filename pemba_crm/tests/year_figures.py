"""Every figure of a year, as the add-on has it and as the ledger has it."""

from fractions import Fraction


class YearFigures:
    """Compares figures one by one: the first that differs says whose it is and what both have."""

    def _compare(self, whose, figure, ledger, add_on):
        self.figures += 1
        if ledger != add_on:
            raise Different(f"{whose}, {figure}: the ledger has {tell(ledger)}, the add-on {tell(add_on)}")

    def _compare_money(self, whose, figure, ledger, add_on, digits):
        self._compare(whose, figure, Fraction(ledger), Fraction(round(add_on * 10**digits), 10**digits))

    def _check_account(self, account, day):
        self._link(account)
        for deal in account.deals:
            self._check_deal(deal)
        for contract in account.contracts:
            self._check_contract(contract)
        self._check_rights(account, day)

    def _link(self, account):
        """Contracts and renewals that the rules bring are those that the add-on has in their places."""
        for contract in account.contracts:
            if contract not in self.records:
                before = contract.before and self.records[contract.before]
                brought = contract.brought_by and self.records[contract.brought_by]
                found = before.successor_id if before else brought.contract_ids
                taken = [self.records.get(one) for one in account.contracts]
                self.records[contract] = found.filtered(lambda one, taken=taken: one not in taken)[:1]
            renewal = contract.renewal
            if renewal and renewal not in self.records:
                self.records[renewal] = self.records[contract].renewal_lead_id
            if renewal:
                self._link_lines(renewal)
        known = sum(1 for contract in account.contracts if self.records[contract])
        found = self.env["pemba.contract"].search_count([("partner_id", "=", self.records[account].id)])
        self._compare(account.name, "contracts", known, found)

    def _link_lines(self, renewal):
        """Lines of a renewal: each is that of the same product, quantity and amount."""
        records = self.records[renewal]._get_all_lines().sorted("id")
        linked = {self.records[line] for line in renewal.lines if line in self.records}
        left = [one for one in records if one not in linked]
        for line in renewal.lines:
            if line not in self.records:
                alike = [
                    one
                    for one in left
                    if one.product_id == self.sold[line.product]
                    and abs(one.quantity - line.quantity) < 1e-6
                    and abs(one.price_unit - line.price) < 1e-4
                ]
                if alike:
                    self.records[line] = alike[0]
                    left.remove(alike[0])

    def _check_deal(self, deal):
        record, digits = self.records[deal], deal.account.digits
        self._compare(deal.name, "result", deal.state, record.won_status)
        lines = sorted(
            (line.product, line.first or False, line.last or False, float(line.get_amount(digits)))
            for line in deal.get_counting()
        )
        found = sorted(
            (line.product_id.name, line.date_start, line.date_end, round(line.net_amount, digits))
            for line in record.opportunity_line_ids
        )
        self._compare(deal.name, "lines", lines, found)
        self._compare_money(deal.name, "amount", deal.get_amount(), record.deal_amount, digits)
        self._compare_money(deal.name, "revenue", deal.get_revenue(), record.expected_revenue, 2)
        self._compare_money(deal.name, "weighted revenue", deal.get_weighted(), record.weighted_revenue, 2)
        for quotation in deal.quotations:
            order = self.records[quotation]
            self._compare(order.name, "state", quotation.state, order.state)
            self._compare_money(order.name, "amount", quotation.get_amount(), order.amount_untaxed, digits)
            is_other = deal.is_other_than(quotation)
            self._compare(order.name, "differs from the offer", is_other, bool(order.differs_from_offer))
            self._compare(order.name, "is told by what", is_other, bool(order.offer_difference))

    def _check_contract(self, contract):
        record, account = self.records[contract], contract.account
        whose, digits = f"{record.name or 'no contract'} of {account.name}", account.digits
        self._compare(whose, "there", True, bool(record))
        self._compare(whose, "first day", contract.first, record.date_start)
        self._compare(whose, "last day", contract.last, record.date_end)
        self._compare(whose, "state", contract.state, record.state)
        amounts = {line: contract.get_line_amounts(line) for line in contract.lines}
        rows = sorted(
            (line.product, line.first, line.last, *map(float, (line.quantity, *amounts[line])))
            for line in contract.lines
        )
        lines = sorted(
            (
                *(line.product_id.name, line.date_start, line.date_end, line.quantity),
                *(round(amount, digits) for amount in (line.amount_annual, line.amount)),
            )
            for line in record.line_ids
        )
        self._compare(whose, "lines", rows, lines)
        annual = sum(amounts[line][0] for line in contract.lines if line.last == contract.last)
        term = sum(amount for _annual, amount in amounts.values())
        self._compare_money(whose, "amount a year", annual, record.amount_annual, digits)
        self._compare_money(whose, "amount of its term", term, record.amount, digits)
        renewal = contract.renewal
        self._compare(whose, "renewal", bool(renewal), bool(record.renewal_lead_ids))
        expected = renewal.get_amount() if renewal else 0
        self._compare_money(whose, "order expected", expected, record.expected_order_amount, digits)
        if contract.is_asked:
            self._compare(whose, "somebody is asked", True, bool(record.activity_ids))
        self._compare(whose, "successor", bool(contract.following), bool(record.successor_id))

    def _check_rights(self, account, day):
        covered = self.ledger.is_covered(account, day)
        check = self.records[account].check_right("support")
        self._compare(account.name, "support", covered, check["allowed"])
        for equipment in account.equipment:
            covered = self.ledger.is_covered(account, day, equipment)
            check = self.records[account].check_right("support", self.records[equipment].id)
            self._compare(self.records[equipment].name, "support", covered, check["allowed"])

    def _check_reports(self, account, day):
        """What was sold, what is installed, and what next year brings."""
        customer = self.records[account]
        [[revenue]] = self.env["pemba.sale.report"]._read_group(
            [("customer_id", "=", customer.id), ("won_status", "=", "won")], [], ["revenue:sum"]
        )
        won = sum(deal.get_revenue() for deal in account.deals if deal.state == "won")
        self._compare_money(account.name, "won revenue", won, revenue, 2)
        base = self.env["pemba.equipment"]._get_base_at(day, [("partner_id", "=", customer.id)])
        there = sum(one.quantity for one in account.equipment if one.is_there and one.owner == account.name)
        self._compare(account.name, "installed", there, sum(row["quantity"] for row in base))
        first, last = day.replace(year=day.year + 1, month=1, day=1), day.replace(day.year + 1, 12, 31)
        rows = self.env["pemba.renewal.report"]._read_group(
            [("partner_id", "=", customer.id), ("date", ">=", first), ("date", "<=", last)],
            ["contract_id", "layer"],
            ["revenue:sum"],
        )
        revenues = {(contract, layer): revenue for contract, layer, revenue in rows}
        for contract in account.contracts:
            record = self.records[contract]
            if contract.state == "draft":
                continue
            for layer, revenue in zip(
                ("contract", "renewal"), self.ledger.get_revenue(contract, first, last, day), strict=True
            ):
                self._compare_money(
                    f"{record.name} of {account.name}",
                    f"{layer} of next year",
                    round(revenue, 2),
                    revenues.get((record, layer), 0.0),
                    2,
                )


class Different(AssertionError):
    """A figure of the add-on is another one than the ledger's."""


def tell(value):
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, row)) for row in value) or "none"
    return f"{float(value):.12g}" if isinstance(value, Fraction) else str(value)
