"""What each contact is entitled to: rights, roles, managers' exceptions."""

from . import (
    pemba_contact_role,
    pemba_contract_type,
    pemba_right,
    pemba_right_grant,
    res_config_settings,
    res_partner_rights,
)
