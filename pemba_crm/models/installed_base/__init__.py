"""What customers run: equipment, its components, the ledger of events."""
