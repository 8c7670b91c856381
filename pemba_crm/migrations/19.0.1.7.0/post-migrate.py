def migrate(cr, version):
    """What goes on by itself of what is not sold any more is not, either."""
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
