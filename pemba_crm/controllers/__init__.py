from . import installed_base
from . import maintenance
