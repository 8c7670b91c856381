from . import installed_base
