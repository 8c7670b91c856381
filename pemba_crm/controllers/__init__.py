from . import analysis, installed_base, maintenance, rights
