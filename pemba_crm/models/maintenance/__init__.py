"""Maintenance contracts, price indices, renewals, rights."""
