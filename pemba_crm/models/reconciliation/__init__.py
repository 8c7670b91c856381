"""What was sold beside what is installed, under contract and invoiced: the accountants' check.

A run is compared, its differences are settled or explained, and it is signed off. What is compared, what is
made of it and what is done about it are services, abstract models that an add-on extends.
"""

# What was sold before these records begin.
from . import pemba_opening_sale, pemba_opening_sale_record

# The run, its differences and their reasons.
from . import (
    pemba_reconciliation,
    pemba_reconciliation_rule,
    pemba_reconciliation_run,
    pemba_reconciliation_sign_off,
    pemba_reconciliation_line,
    pemba_reconciliation_line_fix,
    pemba_reconciliation_line_settlement,
    pemba_reconciliation_line_source,
    pemba_reconciliation_reason,
)

# What is compared, what to make of it, what a run keeps of it.
from . import (
    pemba_reconciliation_comparison,
    pemba_reconciliation_comparison_sale_rule,
    pemba_reconciliation_comparison_sold,
    pemba_reconciliation_comparison_there,
    pemba_reconciliation_judgement,
    pemba_reconciliation_outcome,
    pemba_reconciliation_outcome_write,
)

# What is done about a difference, by whom, and what was done already.
from . import (
    pemba_reconciliation_charge,
    pemba_reconciliation_fix,
    pemba_reconciliation_fix_sale,
    pemba_reconciliation_request,
    pemba_reconciliation_settlement,
    pemba_reconciliation_settlement_end,
    pemba_reconciliation_settlement_under_way,
)

# For those who read a run.
from . import pemba_reconciliation_summary, pemba_reconciliation_workbook
