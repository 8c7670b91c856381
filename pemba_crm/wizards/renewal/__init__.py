from . import pemba_portfolio_transfer
