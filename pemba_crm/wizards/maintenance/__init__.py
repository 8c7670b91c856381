from . import pemba_contract_change
from . import pemba_hotline
from . import pemba_portfolio_transfer
