"""Empty cells of imports: what fills itself is filled, and nothing that is required is emptied."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .values_common import APPEND_ONLY, SentCommon

# The columns of an import that names what it must, and the cells of the row.
IMPORTS = {
    "pemba.contract": ("partner_id", "line_ids/product_id"),
    "pemba.contract.line": ("contract_id", "product_id"),
    "pemba.opportunity.line": ("lead_id", "product_id"),
    "pemba.equipment": ("partner_id", "product_id"),
    "pemba.margin.rule": (),
}
# What is refused for another reason first.
REFUSED = {"pemba.equipment.component.equipment_id": "taken away, not deleted"}


@tagged("post_install", "-at_install")
class TestEmpty(SentCommon):
    def test_what_fills_itself(self):
        """Left empty, in any of its columns."""
        given = {"partner_id": self.customer, "contract_id": self.contract, "lead_id": self.deal}
        tried = 0
        for model, names in IMPORTS.items():
            columns = [f"{name}/.id" for name in names]
            cells = [str(given.get(name, self.maintenance).id) for name in names]
            for name in self.env[model]._get_filled_fields() - {"company_id"}:
                with self.subTest(field=f"{model}.{name}"):
                    result = self.env[model].load([*columns, name], [[*cells, ""]])
                    self.assertFalse(result["messages"])
                    self.assertTrue(result["ids"])
                    tried += 1
        self.assertGreater(tried, 15)

    def test_what_is_required(self):
        tried = 0
        for model in self._get_models():
            sample = self._get_sample(model)
            required = getattr(sample, "_get_required_fields", frozenset)() - self._get_results(model)
            for name in required if sample and model not in APPEND_ONLY else ():
                with self.subTest(field=f"{model}.{name}"):
                    label = sample.fields_get([name], ["string"])[name]["string"]
                    label = REFUSED.get(f"{model}.{name}", label)
                    for nothing in (False, None, ""):
                        with self._refused(UserError, label):
                            sample.write({name: nothing})
                    tried += 1
        self.assertGreater(tried, 50)
