# The rooms, in the order of the sale: a room uses those before it, never those after it.
from . import territory
from . import catalogue
from . import pipeline
from . import installed_base
from . import maintenance
from . import customer
from . import analysis
from . import reconciliation
