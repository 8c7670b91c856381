from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.translate import TranslationImporter, get_po_paths

from ..beside import follow_beside
from ..public import VALUES, VALUES_LIST, public

# Odoo's own stages by external id: the step each becomes, and the name it has in Odoo.
ODOO_STAGES = {
    "crm.stage_lead1": ("P", "New"),
    "crm.stage_lead2": ("E", "Qualified"),
    "crm.stage_lead3": ("M", "Proposition"),
    "crm.stage_lead4": ("A", "Won"),
}
STEPS = [
    ("P", "Prospection"),
    ("E", "Evaluation"),
    ("M", "Maturation"),
    ("B", "Budgeting"),
    ("A", "Acquisition"),
]
# What installing gives the stages of each step; from then on each stage has its own.
MATURITIES = {"P": 10.0, "E": 30.0, "M": 50.0, "B": 80.0, "A": 100.0}
MATURATION = "crm.stage_lead3"
BUDGETING = "pemba_crm.crm_stage_budgeting"


class CrmStage(models.Model):
    """The stages of Odoo's pipeline, each of which may be a step of the P-E-M-B-A method."""

    _name = "crm.stage"
    _inherit = ["crm.stage", "pemba.values"]

    pemba_step = fields.Selection(
        selection=STEPS,
        string="PEMBA Step",
        help="The step of the P-E-M-B-A method that an opportunity in this stage is at.",
    )
    maturity = fields.Float(
        string="Maturity (%)",
        digits=(5, 2),
        aggregator="avg",
        help="How far a sale has come that enters this stage, from 0 to 100.",
    )
    gate_field_ids = fields.Many2many(
        "ir.model.fields",
        relation="crm_stage_gate_field_rel",
        string="Required to Enter",
        domain=[("model", "=", "crm.lead"), ("store", "=", True)],
        ondelete="cascade",
        help="What must be filled on an opportunity before it enters this stage. Sales managers may pass.",
    )
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        domain=[("res_model", "=", "crm.lead")],
        index="btree_not_null",
        ondelete="set null",
        help="The activities that start when an opportunity enters this stage for the first time.",
    )

    _maturity_range = models.Constraint(
        "check(maturity >= 0 AND maturity <= 100)", "The maturity of a stage is between 0 and 100 %."
    )

    @api.constrains("gate_field_ids", "pemba_step")
    def _check_gate_field_ids(self):
        for stage in self:
            fields_required = stage.gate_field_ids.sudo()  # fields are administrators'
            if wrong := fields_required.filtered(lambda field: field.model != "crm.lead" or not field.store):
                raise ValidationError(
                    self.env._(
                        "%(stage)s, required to enter: %(field)s is no stored field of an opportunity.",
                        stage=stage.name,
                        field=wrong[0].name,
                    )
                )
            if stage.pemba_step == "P" and fields_required:
                raise ValidationError(
                    self.env._("%s, required to enter: the first step takes every opportunity.", stage.name)
                )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        """A new maturity is taken, in one statement, by the open deals that still carry the old one."""
        old_maturities = {stage: stage.maturity for stage in self} if "maturity" in vals else {}
        old_steps = {stage: stage.pemba_step for stage in self} if "pemba_step" in vals else {}
        result = super().write(vals)
        if not {"gate_field_ids", "activity_plan_id", "team_ids"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        Lead = self.env["crm.lead"]
        if old_maturities:
            Lead._follow_maturities({stage.id: old for stage, old in old_maturities.items()})
            follow_beside(self, "crm.lead", "_follow_maturities", old_maturities)
        stages = self.filtered(lambda stage: old_steps.get(stage, stage.pemba_step) != stage.pemba_step)
        if stages:
            Lead._update_steps(stages.ids)
            follow_beside(stages, "crm.lead", "_update_steps")
        return result

    @public
    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache()
    def _get_gates(self):
        """``{stage id: names of the fields it requires}``, in the order of the fields."""
        gates = {}
        for stage in self.sudo().search([("gate_field_ids", "!=", False)]):  # fields are administrators'
            gates[stage.id] = tuple(stage.gate_field_ids.sorted("id").mapped("name"))
        return gates

    @api.model
    def _map_pemba_steps(self):
        """Make Odoo's stages the steps of the method, and add the one that Odoo has no stage for.

        A stage is renamed only where all its names are Odoo's. A stage that the user deleted stays
        missing, and its step without a stage.
        """
        odoo_names = self._get_odoo_names()
        labels = self._get_step_labels("en_US")
        for xmlid, (step, _name) in ODOO_STAGES.items():
            stage = self._get_stage(xmlid)
            if not stage:
                continue
            stage.write({"pemba_step": step, "maturity": MATURITIES[step]})
            names = stage._get_names()
            if names.items() <= odoo_names[xmlid].items():
                # The other languages follow with the terms of the add-on.
                others = dict.fromkeys(names.keys() - {"en_US"}, False)
                stage.update_field_translations("name", {"en_US": labels[step], **others})
        maturation = self._get_stage(MATURATION)
        if maturation and not self._get_stage(BUDGETING):
            if self.search_count([("sequence", "=", maturation.sequence + 1)]):
                self._shift_sequences(maturation.sequence, 1)
            budgeting = self.create(self._prepare_budgeting_vals(maturation))
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": BUDGETING, "record": budgeting, "noupdate": True}]
            )
        steps = self.search([("pemba_step", "!=", False)])
        for stage in self.search([("pemba_step", "=", False)]):
            followed = steps.filtered(lambda step, stage=stage: step.sequence <= stage.sequence)[-1:]
            stage.maturity = 100.0 if stage.is_won else followed.maturity

    @api.model
    def _unmap_pemba_steps(self):
        """Give Odoo's stages their names back and empty the stage that was added, which goes with us.

        Names that the user gave are kept. Opportunities are moved in SQL: their history, dates and
        probabilities stay as they are.
        """
        odoo_names = self._get_odoo_names()
        for xmlid, (step, _name) in ODOO_STAGES.items():
            stage = self._get_stage(xmlid)
            if not stage:
                continue
            names = stage._get_names()
            restored = {
                lang: odoo_name
                for lang, odoo_name in odoo_names[xmlid].items()
                if names.get(lang, names["en_US"]) == self._get_step_labels(lang)[step]
            }
            stage.update_field_translations("name", restored)
        budgeting = self._get_stage(BUDGETING)
        if not budgeting:
            return
        if self.search_count([("sequence", "=", budgeting.sequence + 1)]):
            self._shift_sequences(budgeting.sequence, -1)
        refuge = budgeting._get_refuge()
        if refuge:
            self.env.flush_all()
            self.env.cr.execute(
                SQL("UPDATE crm_lead SET stage_id = %s WHERE stage_id = %s", refuge.id, budgeting.id)
            )
            self.env.invalidate_all()

    @api.model
    def _get_unnamed_steps(self, langs):
        """The stages that bear the English name of their step and no other in a language given.

        :return: list of (stage, language)
        """
        labels = self._get_step_labels("en_US")
        unnamed = []
        for xmlid in (*ODOO_STAGES, BUDGETING):
            stage = self._get_stage(xmlid)
            names = stage._get_names()
            label = labels.get(stage.pemba_step)
            if label and names["en_US"] == label:
                unnamed += [(stage, lang) for lang in langs if names.get(lang, label) == label]
        return unnamed

    @api.model
    def _name_steps(self, unnamed):
        """Name stages after their steps.

        :param unnamed: list of (stage, language)
        """
        for stage, lang in unnamed:
            # Also where it is the English one: Odoo's own would come in its place.
            label = self._get_step_labels(lang)[stage.pemba_step]
            stage.update_field_translations("name", {lang: label})

    def _get_names(self):
        """The names of the stage in the active languages in which it has one, by language."""
        if not self:
            return {}
        active = dict(self.env["res.lang"].get_installed())
        names = self._fields["name"]._get_stored_translations(self)
        return {lang: name for lang, name in names.items() if lang == "en_US" or lang in active}

    def _get_stage(self, xmlid):
        return self.env.ref(xmlid, raise_if_not_found=False) or self.browse()

    def _get_step_labels(self, lang):
        """``{step: label}`` in a language."""
        field = self._fields["pemba_step"]
        return dict(field._description_selection(self.with_context(lang=lang).env))

    def _get_odoo_names(self):
        """The names that Odoo gives its stages, ``{xmlid: {language: name}}``, in all active languages."""
        importer = TranslationImporter(self.env.cr, verbose=False)
        langs = [lang for lang, _label in self.env["res.lang"].get_installed()]
        for lang in langs:
            for path in get_po_paths("crm", lang):
                importer.load_file(path, lang, xmlids=set(ODOO_STAGES))
        translations = importer.model_translations["crm.stage"]["name"]
        return {
            xmlid: {**dict.fromkeys(["en_US", *langs], name), **translations[xmlid]}
            for xmlid, (_step, name) in ODOO_STAGES.items()
        }

    def _prepare_budgeting_vals(self, maturation):
        """Values of the stage *Budgeting*: right after *Maturation* and for the same teams."""
        return {
            "name": self._get_step_labels("en_US")["B"],
            "pemba_step": "B",
            "maturity": MATURITIES["B"],
            "sequence": maturation.sequence + 1,
            "team_ids": maturation.team_ids.ids,
        }

    @api.model
    def _shift_sequences(self, after, by):
        """Make or close a gap in the order of the stages, after a sequence."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE crm_stage SET sequence = sequence + %s WHERE sequence > %s", by, after)
        )
        self.env.invalidate_all()

    def _get_refuge(self):
        """The stage to move opportunities to when this one goes: Odoo's own, else the open one before it."""
        others = self.search([("id", "!=", self.id), ("is_won", "=", False)])
        before = others.filtered(lambda stage: stage.sequence <= self.sequence)
        return (self._get_stage(MATURATION) & others) or before[-1:] or others[:1]
