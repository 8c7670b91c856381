from odoo.tests import Form
from odoo.tools import mute_logger

from .common import PembaCommon

XMLIDS = ("crm.stage_lead1", "crm.stage_lead2", "crm.stage_lead3", "crm.stage_lead4")
ODOO = {
    "en_US": ("New", "Qualified", "Proposition", "Won"),
    "fr_FR": ("Nouveau", "Qualifié", "Proposition", "Gagné"),
}
OURS = {
    "en_US": ("Prospection", "Evaluation", "Maturation", "Acquisition"),
    "fr_FR": ("Prospection", "Évaluation", "Maturation", "Achat"),
}


class TestStages(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Stage = cls.env["crm.stage"]
        cls.budgeting = cls.env.ref("pemba_crm.crm_stage_budgeting")

    def _names(self, lang):
        """The names of Odoo's four stages in a language."""
        return tuple(self.env.ref(xmlid).with_context(lang=lang).name for xmlid in XMLIDS)

    def _set_names(self, names):
        for lang, values in names.items():
            for xmlid, name in zip(XMLIDS, values, strict=True):
                self.env.ref(xmlid).with_context(lang=lang).name = name

    def _delete(self, stages):
        """Delete stages as a user can: once they are empty."""
        opportunities = self.env["crm.lead"].with_context(active_test=False)
        opportunities.search([("stage_id", "in", stages.ids)]).stage_id = self.env.ref("crm.stage_lead1")
        stages.unlink()

    def _install(self):
        """What installing does: the steps are mapped, then the terms of the languages are loaded."""
        self._delete(self.budgeting)
        self.Stage._map_pemba_steps()
        self.env["ir.module.module"]._load_module_terms(["pemba_crm"], ["en_US", "fr_FR"])
        self.budgeting = self.env.ref("pemba_crm.crm_stage_budgeting")

    def test_installation_maps_and_names_odoo_stages(self):
        self.assertEqual([self.env.ref(xmlid).pemba_step for xmlid in XMLIDS], ["P", "E", "M", "A"])
        self.assertEqual(self._names("en_US"), OURS["en_US"])
        self.assertEqual(self._names("fr_FR"), OURS["fr_FR"])

    def test_installation_adds_budgeting_right_after_maturation(self):
        maturation = self.env.ref("crm.stage_lead3")
        self.assertEqual(self.budgeting.pemba_step, "B")
        self.assertEqual(self.budgeting.sequence, maturation.sequence + 1)
        self.assertEqual(self.budgeting.with_context(lang="en_US").name, "Budgeting")
        self.assertEqual(self.budgeting.with_context(lang="fr_FR").name, "Budgétisation")
        self.assertFalse(self.budgeting.is_won)

    def test_installation_keeps_a_name_the_user_gave(self):
        self._set_names(ODOO)
        self.env.ref("crm.stage_lead1").with_context(lang="en_US").name = "Cold calls"
        self.env.ref("crm.stage_lead2").with_context(lang="fr_FR").name = "À qualifier"
        self._install()
        self.assertEqual(self._names("en_US"), ("Cold calls", "Qualified", "Maturation", "Acquisition"))
        self.assertEqual(self._names("fr_FR"), ("Nouveau", "À qualifier", "Maturation", "Achat"))
        self.assertEqual([self.env.ref(xmlid).pemba_step for xmlid in XMLIDS], ["P", "E", "M", "A"])

    def test_installation_leaves_other_stages_without_a_step(self):
        stage = self.Stage.create({"name": "Negotiation", "sequence": 4})
        self._install()
        self.assertFalse(stage.pemba_step)
        self.assertEqual(stage.name, "Negotiation")

    def test_installation_without_maturation_adds_no_budgeting(self):
        self._delete(self.env.ref("crm.stage_lead3") | self.budgeting)
        self.Stage._map_pemba_steps()
        self.assertFalse(self.env.ref("pemba_crm.crm_stage_budgeting", raise_if_not_found=False))
        self.assertEqual(set(self.Stage.search([("pemba_step", "in", ["M", "B"])]).ids), set())

    def test_mapping_again_adds_no_second_budgeting(self):
        stages = self.Stage.search_count([])
        self.Stage._map_pemba_steps()
        self.assertEqual(self.Stage.search_count([]), stages)

    def test_budgeting_comes_between_maturation_and_what_followed_it(self):
        """Sequences without a gap: the name must not decide whether Acquisition comes first."""
        for sequence, xmlid in enumerate(XMLIDS):
            self.env.ref(xmlid).sequence = sequence
        self._install()
        mapped = self.Stage.search([("pemba_step", "!=", False)])
        self.assertEqual("".join(mapped.mapped("pemba_step")), "PEMBA")
        self.Stage._unmap_pemba_steps()
        self.assertEqual([self.env.ref(xmlid).sequence for xmlid in XMLIDS], [0, 1, 2, 3])

    def test_budgeting_is_for_the_teams_of_maturation(self):
        team = self.env["crm.team"].create({"name": "Direct sales"})
        self.env.ref("crm.stage_lead3").team_ids = team
        self._install()
        self.assertEqual(self.budgeting.team_ids, team)

    def test_a_language_loaded_later_names_the_steps(self):
        """Odoo's own terms say "Nouveau": the step must not lose its name to them."""
        for xmlid in XMLIDS:
            self.env.ref(xmlid).update_field_translations("name", {"fr_FR": False})
        self.env["ir.module.module"]._load_module_terms(["crm", "pemba_crm"], ["fr_FR"])
        self.assertEqual(self._names("fr_FR"), OURS["fr_FR"])

    def test_a_name_given_after_installation_is_kept_when_terms_are_loaded(self):
        first = self.env.ref("crm.stage_lead1")
        first.update_field_translations("name", {"en_US": "New", "fr_FR": "Nouveau"})
        self.env["ir.module.module"]._load_module_terms(["crm", "pemba_crm"], ["en_US", "fr_FR"])
        self.assertEqual(self._names("en_US")[0], "New")
        self.assertEqual(self._names("fr_FR")[0], "Nouveau")

    def test_an_administrator_without_sales_rights_adds_a_language(self):
        administrator = self._create_user("pemba_system", "base.group_system")
        wizard = (
            self.env["base.language.install"]
            .with_user(administrator)
            .create({"lang_ids": self.env.ref("base.lang_fr").ids})
        )
        self.env.ref("crm.stage_lead2").update_field_translations("name", {"fr_FR": False})
        wizard.lang_install()
        self.assertEqual(self._names("fr_FR"), OURS["fr_FR"])

    def test_uninstalling_gives_names_back_save_for_the_user_s(self):
        self.env.ref("crm.stage_lead2").with_context(lang="en_US").name = "Qualification call"
        self.Stage._unmap_pemba_steps()
        self.assertEqual(self._names("en_US"), ("New", "Qualification call", "Proposition", "Won"))
        self.assertEqual(self._names("fr_FR"), ODOO["fr_FR"])

    def test_uninstalling_moves_opportunities_out_of_budgeting_and_touches_nothing_else(self):
        opened = self._create_opportunity("B", expected_revenue=1000, probability=42)
        lost = self._create_opportunity("B")
        lost.action_set_lost()
        kept = ["probability", "date_last_stage_update", "won_status", "active", "write_date"]
        self.env.flush_all()
        before = (opened | lost).read(kept)
        self.Stage._unmap_pemba_steps()
        self.assertEqual((opened | lost).stage_id, self.env.ref("crm.stage_lead3"))
        self.assertEqual((opened | lost).read(kept), before)
        self.assertFalse(
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search([("stage_id", "=", self.budgeting.id)])
        )

    def test_uninstalling_without_maturation_moves_to_the_open_stage_before(self):
        opportunity = self._create_opportunity("B")
        self._delete(self.env.ref("crm.stage_lead3"))
        self.Stage._unmap_pemba_steps()
        self.assertEqual(opportunity.stage_id, self.env.ref("crm.stage_lead2"))

    def test_uninstalling_without_budgeting_gives_names_back(self):
        opportunity = self._create_opportunity("P")
        self._delete(self.budgeting)
        self.Stage._unmap_pemba_steps()
        self.assertEqual(self._names("en_US"), ODOO["en_US"])
        self.assertEqual(opportunity.stage_id, self.env.ref("crm.stage_lead1"))

    def test_uninstalling_moves_no_open_opportunity_to_a_won_stage(self):
        opportunity = self._create_opportunity("B")
        self.env.ref("crm.stage_lead3").is_won = True
        self.Stage._unmap_pemba_steps()
        self.assertEqual(opportunity.stage_id, self.env.ref("crm.stage_lead2"))

    def test_settings_name_the_steps_without_a_stage(self):
        Settings = self.env["res.config.settings"]
        self.assertFalse(Settings.new({}).pemba_unmapped_steps)
        self.stages["E"].pemba_step = False
        self.stages["B"].pemba_step = False
        self.assertEqual(Settings.new({}).pemba_unmapped_steps, "Evaluation, Budgeting")
        french = Settings.with_context(lang="fr_FR").new({})
        self.assertEqual(french.pemba_unmapped_steps, "Évaluation, Budgétisation")

    def test_a_stage_is_given_its_step_on_its_form(self):
        with mute_logger("odoo.tests.form.onchange"), Form(self.Stage) as form:
            form.name = "Negotiation"
            form.pemba_step = "M"
        self.assertIn(form.record, self.Stage.search([("pemba_step", "=", "M")]))
