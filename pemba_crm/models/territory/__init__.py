"""Zones, their countries and currencies, dated conversion rates."""
