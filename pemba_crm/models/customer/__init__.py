"""Customer and prospect status, the contact's sheet, competitors."""

from . import (
    res_partner,
)
