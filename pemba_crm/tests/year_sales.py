"""What is offered, sold and ordered in a year, in the add-on and in the ledger."""

from fractions import Fraction

from odoo import fields

from .year_plain import DAY, Offered, add_months

SEATS_PRICE = Fraction(1000)  # of a licence, in the company's currency
MAINTENANCE_RATE = Fraction(18)  # % of the licences a year
DISCOUNTS = ("0", "0", "0", "5", "7.5", "12.5", "33.33")


class YearSales:
    """Acts of one account on a day: each says what it did, nothing where there is nothing to do it with."""

    # ------------------------------------------------------------
    # Sales
    # ------------------------------------------------------------

    def _pick_price(self, account):
        steps = 10 ** min(account.digits, self.rng.choice([0, 0, account.digits]))
        return Fraction(int(self.rng.randint(50, 2000) * account.rate * steps), steps)

    def _pick_lines(self, account):
        """One or two years of maintenance, written by hand."""
        return [
            Offered(
                self.rng.choice(["Maintenance", "Hotline"]),
                Fraction(self.rng.choice([1, 1, self.rng.randint(2, 12)])),
                self._pick_price(account),
                Fraction(self.rng.choice(DISCOUNTS)),
                account.margin,
            )
            for _number in range(self.rng.choice([1, 1, 2]))
        ]

    def _offer(self, account, day, lines, **vals):
        deadline = self.rng.choice([None, None, day + self.rng.randint(1, 60) * DAY])
        name = f"{account.name}{len(account.deals) + 1}"
        record = self._create_deal(
            *map(self._prepare_line, lines),
            name=name,
            partner_id=self.records[account].id,
            deal_currency_id=self.currencies[account].id,
            distributor_id=bool(account.margin) and self.distributor.id,
            date_deadline=deadline,
            **vals,
        )
        deal = self.ledger.offer(account, day, name, lines, deadline)
        self.records[deal] = record
        self.records.update(zip(lines, record.opportunity_line_ids.sorted("id"), strict=True))
        return deal

    def _prepare_line(self, line):
        days = {"date_start": line.first, "date_end": line.last} if line.is_typed else {}
        return days | {
            "product_id": self.sold[line.product].id,
            "quantity": float(line.quantity),
            "price_unit": float(line.price),
            "discount": float(line.discount),
            "distributor_margin_rate": float(line.rate),
        }

    def _has_enough(self, account):
        return sum(1 for deal in account.deals if deal.state == "pending" and not deal.renews) > 1

    def _offer_by_hand(self, account, day):
        if self._has_enough(account):
            return None
        lines = self._pick_lines(account)
        if self.rng.random() < 0.15:
            lines[0].is_typed = True
            lines[0].first = day + self.rng.randint(-20, 40) * DAY
            lines[0].last = add_months(lines[0].first, self.rng.choice([6, 12, 24])) - DAY
            if self.rng.random() < 0.5:
                lines[0].last -= self.rng.randint(1, 150) * DAY
        deal = self._offer(account, day, lines)
        sold = ", ".join(f"{float(line.quantity):g} × {float(line.price):g}" for line in deal.lines)
        typed = f", from {lines[0].first} to {lines[0].last}" if lines[0].is_typed else ""
        return f"offers {deal.name} by hand: {sold}, expected {deal.deadline}{typed}"

    def _postpone(self, account, day):
        deals = [deal for deal in account.deals if deal.state == "pending" and not deal.renews]
        if not deals:
            return None
        deal = self.rng.choice(deals)
        deadline = self.rng.choice([None, day + self.rng.randint(-10, 200) * DAY])
        self.records[deal].date_deadline = deadline
        self.ledger.postpone(deal, deadline, day)
        return f"expects {deal.name} on {deadline}"

    def _offer_by_configuration(self, account, day):
        """Licences and a year of their maintenance: what the customer pays for them, times its rate."""
        if self._has_enough(account):
            return None
        deal = self._offer(account, day, [])
        seats, price = Fraction(self.rng.randint(2, 30)), SEATS_PRICE * account.rate
        licence = Offered("Licence", seats, price, Fraction(0), account.margin, is_recurring=False)
        year = seats * price * MAINTENANCE_RATE / 100
        maintenance = Offered("Maintenance", Fraction(1), year, Fraction(0), account.margin)
        record = self.records[deal]
        self.env["pemba.opportunity.configuration"].create(
            {
                "lead_id": record.id,
                "software_id": self.software.id,
                "version_id": self.old.id,
                "deployment_type_id": self.on_premise.id,
                "seat_count": int(seats),
            }
        ).action_apply()
        lines = record.opportunity_line_ids.sorted("id")
        lines.distributor_margin_rate = float(account.margin)
        self.ledger.add_lines(deal, [licence, maintenance], day)
        self.records.update(zip(deal.lines, lines, strict=True))
        return f"offers {deal.name} by configuration: {seats} seats, expected {deal.deadline}"

    def _pick_deal(self, account):
        """One that is open, of renewals rather than of others."""
        deals = [deal for deal in account.deals if deal.state == "pending" and deal.get_counting()]
        return self._pick_rather(deals, [deal for deal in deals if deal.renews])

    def _pick_rather(self, found, preferred):
        if preferred and self.rng.random() < 0.6:
            return self.rng.choice(preferred)
        return found and self.rng.choice(found)

    def _quote(self, account, day):
        deal = self._pick_deal(account)
        if not deal or len(deal.quotations) > 2:
            return None
        order = self.records[deal]._make_quotation()
        quotation = self.ledger.quote(deal, day)
        self.records[quotation] = order
        return f"quotes {deal.name}"

    def _pick_quotation(self, account, state, *deal_states):
        quotations = [
            quotation
            for deal in account.deals
            for quotation in deal.quotations
            if quotation.state == state and deal.state in (deal_states or (deal.state,))
        ]
        return self._pick_rather(quotations, [one for one in quotations if one.deal.renews])

    def _update(self, account, day):
        quotation = self._pick_quotation(account, "draft", "pending")
        if not quotation:
            return None
        self.records[quotation].action_bring_up_to_date()
        self.ledger.update(quotation, day)
        return f"brings {self.records[quotation].name} of {quotation.deal.name} up to date"

    def _confirm(self, account, day):
        quotation = self._pick_quotation(account, "draft", "pending")
        if not quotation or quotation.deal.is_to_revise or not quotation.lines:
            return None
        told, offered = "", [line for line in quotation.lines if not line.is_by_order]
        if offered and self.rng.random() < 0.2:
            line = self.rng.choice(offered)
            quantity = Fraction(self.rng.randint(1, 12))
            self._get_order_line(quotation, line).product_uom_qty = float(quantity)
            quotation.lines[line][0] = quantity
            told = f", {quantity} of {line.product}"
        elif len(quotation.lines) > 1 and self.rng.random() < 0.2:
            line = self.rng.choice(list(quotation.lines))
            self._get_order_line(quotation, line).unlink()
            del quotation.lines[line]
            told = f", without {line.product}"
        elif self.rng.random() < 0.1:
            self.records[quotation].signed_on = fields.Datetime.now()
            quotation.is_signed = True
            told = ", signed"
        self.records[quotation].action_confirm()
        self.ledger.confirm(quotation, day)
        return f"confirms {self.records[quotation].name} of {quotation.deal.name}{told}"

    def _add_to_quotation(self, account, day):
        """What the customer wants beside what was offered is written on the quotation."""
        quotation = self._pick_quotation(account, "draft", "pending")
        if not quotation:
            return None
        quantity, price = Fraction(self.rng.randint(1, 4)), self._pick_price(account)
        line = Offered("Hotline", quantity, Fraction(0), is_by_order=True)
        record = self.env["sale.order.line"].create(
            {
                "order_id": self.records[quotation].id,
                "product_id": self.hotline.id,
                "product_uom_qty": float(quantity),
                "price_unit": float(price),
            }
        )
        quotation.lines[line] = [quantity, price]
        self.added[line] = record
        name = self.records[quotation].name
        return f"adds {quantity} × {float(price):g} to {name} of {quotation.deal.name}"

    def _get_order_line(self, order, line):
        if line in self.added:
            return self.added[line]
        record = self.records[line]
        return self.records[order].order_line.filtered(lambda one: one.opportunity_line_id == record)

    def _order_at_once(self, account, day):
        """Offered, quoted and ordered on a day."""
        told = self._quote(account, day)
        return told and f"{told}; {self._confirm(account, day)}"

    def _win(self, account, day):
        deal = self._pick_deal(account)
        if not deal:
            return None
        self.records[deal].action_set_won()
        self.ledger.win(deal, day)
        return f"wins {deal.name} by hand"

    def _win_all(self, account, day):
        """Several at once."""
        deals = [deal for deal in account.deals if deal.state == "pending" and deal.get_counting()]
        if len(deals) < 2:
            return None
        self.env["crm.lead"].union(*(self.records[deal] for deal in deals)).action_set_won()
        for deal in deals:
            self.ledger.start_by(deal, day)
        for deal in deals:
            self.ledger.win(deal, day)
        return f"wins {', '.join(deal.name for deal in deals)} at once"

    def _lose(self, account, day):
        deal = self._pick_deal(account)
        if not deal:
            return None
        self.records[deal].action_set_lost(lost_reason_id=self.reason.id)
        self.ledger.lose(deal, day)
        return f"loses {deal.name}"

    def _reopen(self, account, day):
        lost = [
            deal
            for deal in account.deals
            if deal.state == "lost" and deal.renews and deal.renews.state in ("running", "expired")
        ]
        if not lost:
            return None
        deal = self.rng.choice(lost)
        self.records[deal].action_unarchive()
        self.ledger.reopen(deal)
        return f"reopens {deal.name}"

    def _negotiate(self, account, day):
        """Another price for the next term, or fewer of it."""
        renewals = [deal for deal in account.deals if deal.state == "pending" and deal.renews]
        lines = [line for deal in renewals for line in deal.get_counting()]
        if not lines:
            return None
        line = self.rng.choice(lines)
        before = f"{line.quantity} × {float(line.price):g}"
        if self.rng.random() < 0.5:
            line.price = self._pick_price(account)
            self.records[line].price_unit = float(line.price)
        else:
            line.quantity = Fraction(self.rng.randint(1, 12))
            self.records[line].quantity = float(line.quantity)
        return f"negotiates {line.deal.name}: {before} → {line.quantity} × {float(line.price):g}"

    # ------------------------------------------------------------
    # Orders
    # ------------------------------------------------------------

    def _correct(self, account, day):
        order = self._pick_quotation(account, "sale")
        if not order:
            return None
        line = self.rng.choice(list(order.lines))
        record, before = self._get_order_line(order, line), order.lines[line]
        if self.rng.random() < 0.7:
            quantity = Fraction(self.rng.randint(1, 12))
            record.product_uom_qty = float(quantity)
            self.ledger.correct(order, line, day, quantity=quantity)
            told = f"{line.product} × {before[0]} → {quantity}"
        else:
            price = self._pick_price(account)
            record.price_unit = float(price)
            net = price * (1 - Fraction(0 if line.rate else line.discount) / 100)
            self.ledger.correct(order, line, day, price=net)
            told = f"{line.product} at {float(price):g}"
        return f"corrects {self.records[order].name} of {order.deal.name}: {told}"

    def _cancel(self, account, day):
        order = self._pick_quotation(account, "sale")
        if not order:
            return None
        self.records[order].with_context(disable_cancel_warning=True).action_cancel()
        self.ledger.cancel(order, day)
        return f"cancels {self.records[order].name} of {order.deal.name}"
