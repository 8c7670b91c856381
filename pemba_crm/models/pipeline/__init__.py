"""The P-E-M-B-A stages, opportunities and their lines, margins, the quotation round trip."""

from . import crm_stage, ir_module_module, res_config_settings
