from lxml import etree
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import PembaEquipmentCommon

MANY = 50_000


@tagged("post_install", "-at_install")
class TestVolume(PembaEquipmentCommon):
    """An installed base of 50,000 stays quick."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        current = cls._create_version(cls.software, "5.1", -1, sequence=40)
        cls.template = cls._create_equipment(version_id=current.id, state="in_service")
        cls.env.flush_all()
        names = [
            name
            for name, field in cls.template._fields.items()
            if field.store and field.column_type and name not in ("id", "name", "serial_number", "version_id")
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        # One in a hundred is behind.
        cls.env.cr.execute(
            f"""
            INSERT INTO pemba_equipment (name, serial_number, version_id, {columns})
            SELECT 'V/' || n, 'SN-' || n, CASE WHEN n %% 100 = 0 THEN %s ELSE version_id END, {columns}
              FROM pemba_equipment, generate_series(1, %s) n
             WHERE id = %s
            """,
            [cls.old.id, MANY, cls.template.id],
        )
        # What autovacuum does after so many rows.
        cls.env.cr.execute(
            "SELECT gin_clean_pending_list(indexrelid) FROM pg_index JOIN pg_class i ON i.oid = indexrelid"
            " JOIN pg_am am ON am.oid = i.relam"
            " WHERE indrelid = 'pemba_equipment'::regclass AND am.amname = 'gin'"
        )
        cls.env.cr.execute("ANALYZE pemba_equipment")
        cls.equipment = cls.env["pemba.equipment"].with_user(cls.support)

    def _get_plan(self, domain):
        query = self.equipment._search(domain, limit=80, order="id desc")
        self.env.cr.execute("EXPLAIN " + query.select().code, query.select().params)
        return "\n".join(row[0] for row in self.env.cr.fetchall())

    def _get_first_search(self, words):
        """What the list searches when words are typed and Enter is pressed."""
        [[_kind, view]] = self.equipment.get_views([(False, "search")])["views"].items()
        first = etree.fromstring(view["arch"]).find(".//field")
        return safe_eval(first.get("filter_domain"), {"self": words})

    def test_searches_use_an_index(self):
        for domain in (
            [("serial_number", "=", "SN-4711")],
            [("serial_number", "=ilike", "SN-4711%")],
            ["|", ("name", "ilike", "SN-4711"), ("serial_number", "=ilike", "SN-4711%")],
            self._get_first_search("SN-4711"),
            [("version_state", "=", "behind")],
            [("versions_behind", ">", 0)],
            [("partner_id", "=", self.other.id)],
            [],
        ):
            plan = self._get_plan(domain)
            self.assertIn("Index", plan, domain)
            self.assertNotIn("Seq Scan on pemba_equipment", plan, domain)
        self.assertEqual(self.equipment.search([("serial_number", "=", "SN-4711")]).name, "V/4711")
        self.assertEqual(self.equipment.search_count([("version_state", "=", "behind")]), MANY // 100)

    def test_a_page_costs_the_same_number_of_queries_whatever_its_size(self):
        [[_kind, view]] = self.equipment.get_views([(False, "list")])["views"].items()
        words = {word.split('"')[0] for word in view["arch"].split('name="')}
        fields = words & set(self.equipment._fields)
        names = {"fields": {"display_name": {}}}
        specification = {name: names if self.equipment._fields[name].relational else {} for name in fields}

        def count(limit):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.equipment.web_search_read([], specification, limit=limit)
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(400) - count(20), 3)
