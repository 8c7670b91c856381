from . import test_automations
from . import test_example
