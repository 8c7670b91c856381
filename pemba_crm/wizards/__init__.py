"""Wizards: a person's answers to one question, handed to a model. One folder a room."""

from . import pipeline
from . import installed_base
from . import maintenance
from . import renewal
from . import rights
from . import customer
from . import analysis
from . import reconciliation
