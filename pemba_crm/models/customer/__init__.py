"""Customer and prospect status, the contact's sheet, competitors."""
