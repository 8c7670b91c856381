from . import exports, installed_base, maintenance, reconciliation, rights
