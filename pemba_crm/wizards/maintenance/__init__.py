from . import pemba_contract_change
from . import pemba_portfolio_transfer
