from . import exports, reconciliation
