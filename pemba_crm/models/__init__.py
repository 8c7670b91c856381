# What values have to be, what lets our own methods pass the rules, and whose rules hold: before all rooms.
from . import values
from . import marks
from . import ir_rule

# The rooms, in the order of the sale: a room uses those before it, never those after it.
from . import territory
from . import catalogue
from . import pipeline
from . import offer
from . import order
from . import installed_base
from . import maintenance
from . import renewal
from . import rights
from . import customer
from . import analysis
from . import reconciliation
from . import to_do
