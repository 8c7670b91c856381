"""Sale types, suites, software, modules, versions, deployment types, configurations."""

from . import pemba_sale_type
