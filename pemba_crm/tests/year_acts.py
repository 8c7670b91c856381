"""What is done with contracts, equipment and the index in a year, in the add-on and in the ledger."""

from fractions import Fraction

from odoo.fields import Command

from .year_plain import DAY, Equipment
from .year_sales import YearSales


class YearActs(YearSales):
    """Acts of one account on a day: each says what it did, nothing where there is nothing to do it with."""

    # ------------------------------------------------------------
    # Contracts
    # ------------------------------------------------------------

    def _start_contracts(self, account, day):
        drafts = [one for one in account.contracts if one.state == "draft" and not one.before and one.lines]
        for contract in drafts:
            self.records[contract].action_start()
            self.ledger.start(contract)
        return drafts and "starts its drafts"

    def _pick_contract(self, account, day):
        contracts = [one for one in account.contracts if one.is_open(day) and one.first <= day and one.lines]
        return contracts and self.rng.choice(contracts)

    def _find_covered(self, line):
        """The add-on's line of a contract: the one of these terms and days."""
        return self.records[line.contract].line_ids.filtered(
            lambda one: (
                (one.date_start, one.date_end) == (line.first, line.last)
                and one.product_id == self.sold[line.product]
                and abs(one.quantity - line.quantity) < 1e-6
                and abs(one.price_unit - line.price) < 1e-4
            )
        )[:1]

    def _reduce(self, account, day):
        contract = self._pick_contract(account, day)
        lines = [line for line in contract.lines if line.first <= day <= line.last] if contract else ()
        if not lines:
            return None
        line = self.rng.choice(lines)
        quantity = self.rng.randint(1, int(line.quantity))
        before = line.quantity
        self.records[contract]._reduce(self._find_covered(line), quantity, day)
        self.ledger.reduce(line, Fraction(quantity), day)
        return f"reduces {line.product} × {before} by {quantity}"

    def _terminate(self, account, day):
        contract = self._pick_contract(account, day)
        if not contract or contract.state != "running" or contract.following:
            return None
        last = min(day + self.rng.choice([0, 10, 40, 400]) * DAY, contract.last)
        self.records[contract]._terminate(last, "Unhappy")
        self.ledger.terminate(contract, last, day)
        return f"terminates a contract for {last}"

    def _reinstate(self, account, day):
        terminated = [one for one in account.contracts if one.termination and one.last >= day]
        if not terminated:
            return None
        contract = self.rng.choice(terminated)
        self.records[contract].action_reinstate()
        self.ledger.reinstate(contract, day)
        return f"takes a termination back, to {contract.last}"

    def _amend(self, account, day):
        """A manager corrects what a contract covers."""
        contract = self._pick_contract(account, day)
        if not contract or contract.following:
            return None
        line = self.rng.choice(contract.lines)
        before, quantity = line.quantity, Fraction(self.rng.randint(1, 12))
        self._find_covered(line).quantity = float(quantity)
        line.quantity = quantity
        return f"amends {line.product} × {before} → {quantity}"

    def _hold(self, account, day):
        contract = self._pick_contract(account, day)
        if not contract:
            return None
        if contract.is_held:
            self.records[contract].action_release()
        else:
            self.records[contract]._hold("Unpaid")
        self.ledger.hold(contract, not contract.is_held)
        return f"{'holds' if contract.is_held else 'releases'} a contract"

    # ------------------------------------------------------------
    # Equipment
    # ------------------------------------------------------------

    def _deliver(self, account, day):
        """What a configuration sold goes into service."""
        deals = [
            deal
            for deal in account.deals
            if deal.state == "won" and deal not in self.delivered and deal.sells_licences()
        ]
        if not deals:
            return None
        deal = self.rng.choice(deals)
        record = self.records[deal]._create_equipment()
        record.action_start(day)
        equipment = Equipment(account.name, quantity=deal.lines[0].quantity)
        account.equipment.append(equipment)
        self.records[equipment] = record
        self.delivered.add(deal)
        self.ledger.deliver(deal, equipment)
        return f"delivers {deal.name}"

    def _retire(self, account, day):
        equipment = account.equipment and self.rng.choice(account.equipment)
        if not equipment:
            return None
        record = self.records[equipment]
        if equipment.is_there:
            record._retire(day)
        else:
            record._return_to_service()
        equipment.is_there = not equipment.is_there
        return f"{'takes back' if equipment.is_there else 'retires'} {record.name}"

    def _transfer(self, account, day):
        there = [one for one in account.equipment if one.is_there]
        if not there:
            return None
        equipment = self.rng.choice(there)
        to = self.stranger if equipment.owner == account.name else account
        self.records[equipment]._transfer(self.records[to])
        equipment.owner = to.name
        return f"transfers {self.records[equipment].name} to {to.name}"

    # ------------------------------------------------------------
    # The index
    # ------------------------------------------------------------

    def _publish(self, account, day):
        """The next value, or a late one."""
        if not self.unpublished or not self.ledger.kind.has_index:
            return None
        value = Fraction(self.rng.randint(9000, 13000), 100)
        if self.rng.random() < 0.2:
            month = self.rng.choice(list(self.ledger.index))
            self.index.value_ids.filtered(lambda one: one.month == month).value = float(value)
            self.ledger.publish(month, value)
            return f"an index value of {month} is corrected: {float(value)}"
        month = self.unpublished.pop(0 if self.rng.random() < 0.8 else -1)
        self.env["pemba.price.index.value"].create(
            {"index_id": self.index.id, "month": month, "value": float(value)}
        )
        self.ledger.publish(month, value)
        return f"an index value of {month} is published: {float(value)}"

    def _create_index_of(self, index):
        return self.env["pemba.price.index"].create(
            {
                "name": "Index",
                "value_ids": [
                    Command.create({"month": month, "value": float(value)}) for month, value in index.items()
                ],
            }
        )
