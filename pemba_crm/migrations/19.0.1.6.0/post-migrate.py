def migrate(cr, version):
    """Contracts on hold know since when: from their history, else from their last change."""
    cr.execute(
        """UPDATE pemba_contract contract
              SET hold_date = COALESCE((
                    SELECT MAX(message.date)::date
                      FROM mail_tracking_value value
                      JOIN mail_message message ON message.id = value.mail_message_id
                      JOIN ir_model_fields field ON field.id = value.field_id
                     WHERE message.model = 'pemba.contract' AND message.res_id = contract.id
                       AND field.name = 'is_on_hold' AND value.new_value_integer = 1
                  ), contract.write_date::date)
            WHERE contract.is_on_hold"""
    )
