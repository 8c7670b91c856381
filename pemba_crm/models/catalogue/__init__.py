"""Sale types, suites, software, modules, versions, deployment types, configurations."""
