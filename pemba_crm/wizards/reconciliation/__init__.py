from . import pemba_reconciliation_explanation
