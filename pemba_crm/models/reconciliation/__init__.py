"""What was sold beside what is installed, under contract and invoiced: the accountants' check."""

from . import (
    pemba_opening_sale,
    pemba_reconciliation,
    pemba_reconciliation_export,
    pemba_reconciliation_found,
    pemba_reconciliation_line,
    pemba_reconciliation_line_ask,
    pemba_reconciliation_line_charge,
    pemba_reconciliation_line_fix,
    pemba_reconciliation_line_opening,
    pemba_reconciliation_line_settlement,
    pemba_reconciliation_line_source,
    pemba_reconciliation_query,
    pemba_reconciliation_reason,
    pemba_reconciliation_results,
    pemba_reconciliation_rule,
    pemba_reconciliation_run,
    pemba_reconciliation_settlement,
    pemba_reconciliation_sign_off,
    pemba_reconciliation_sold,
    pemba_reconciliation_there,
)
