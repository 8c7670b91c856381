"""What waits for a person between a sale and the next one: one list, its questions, and a weekly mail."""

from . import (
    crm_lead,
    pemba_contract,
    pemba_equipment,
    pemba_to_do,
    pemba_to_do_act,
    pemba_to_do_contract,
    pemba_to_do_contract_line,
    pemba_to_do_deal,
    pemba_to_do_person,
    pemba_to_do_question,
    res_users,
    sale_order,
)
