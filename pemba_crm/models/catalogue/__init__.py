"""Sale types, suites, software, modules, versions, deployment types, ready-made configurations."""

from . import (
    pemba_configuration_mixin,
    pemba_configuration,
    pemba_configuration_line,
    pemba_deployment_product,
    pemba_deployment_type,
    pemba_sale_type,
    pemba_software,
    pemba_software_module,
    pemba_software_suite,
    pemba_software_version,
    product_template,
)
