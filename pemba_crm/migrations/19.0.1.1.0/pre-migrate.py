def migrate(cr, version):
    """Views of the rooms were cut in pieces: what the old ones inherit is not where they look for it.

    Each is empty until its file is read again, in the order of the rooms, as in a new installation.
    """
    cr.execute(
        """
        UPDATE ir_ui_view view
           SET arch_db = '{"en_US": "<data/>"}'
          FROM ir_model_data data
         WHERE data.module = 'pemba_crm' AND data.model = 'ir.ui.view' AND data.res_id = view.id
           AND data.noupdate IS NOT TRUE AND view.inherit_id IS NOT NULL AND view.mode = 'extension'
        """
    )
