def migrate(cr, version):
    """What is returned or recurs no more is not sold, what waits for the order of its renewal is.

    What goes on of what is not sold any more is not, either.
    """
    cr.execute(
        """UPDATE pemba_contract_line line SET is_unsold = TRUE
             FROM pemba_opportunity_line sale
            WHERE sale.id = line.opportunity_line_id AND line.is_unsold IS NOT TRUE
              AND (sale.is_contracted IS NOT TRUE OR sale.is_returned)"""
    )
    cr.execute(
        """UPDATE pemba_contract_line line SET is_unsold = FALSE
             FROM pemba_contract contract, pemba_opportunity_line sale, crm_lead lead
            WHERE line.is_unsold AND contract.id = line.contract_id AND sale.id = line.opportunity_line_id
              AND lead.id = sale.lead_id AND lead.won_status = 'pending'
              AND lead.renewal_contract_id = contract.predecessor_id"""
    )
    cr.execute(
        """WITH RECURSIVE following AS (
                SELECT line.id FROM pemba_contract_line line
                  JOIN pemba_contract_line before ON before.id = line.predecessor_id AND before.is_unsold
                 WHERE line.opportunity_line_id IS NULL
                 UNION
                SELECT line.id FROM pemba_contract_line line
                  JOIN following ON following.id = line.predecessor_id
                 WHERE line.opportunity_line_id IS NULL
           )
           UPDATE pemba_contract_line line SET is_unsold = TRUE
             FROM following WHERE following.id = line.id AND line.is_unsold IS NOT TRUE"""
    )
