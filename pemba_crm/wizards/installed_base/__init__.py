from . import pemba_equipment_campaign
from . import pemba_equipment_change
from . import pemba_equipment_proposal
from . import pemba_equipment_statement
