# The commands of the project; README.md says what each is for.
PYTHON ?= python3

.PHONY: help run stop test test-prices test-year test-update test-odoo lint shell import-sales compare-sales dashboards translations clean distclean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## run           set up what is missing, serve the add-on with demo data (PORT=8069)
## stop          stop the server, and the embedded PostgreSQL when nobody else uses it
## test          lint and the whole test suite, by two workers (ARGS="-k stage" for a part, WITH=sale_stock beside that, WORKERS=1)
## test-prices   random offers of random companies, each taken to an invoice, a contract and its renewal (OFFERS=5000)
## test-year     a year of sales, orders, renewals and retirements at random, equal to a plain ledger (SEEDS=300)
## test-update   a database of the version before updates with every figure the same (BEFORE=commit)
## test-odoo     Odoo's own crm, sales_team, sale_crm, sale_management suites with the add-on installed
## lint          ruff, pylint-odoo and XML checks (ARGS=--fix lets ruff mend)
## shell         a Python shell on the served database
## import-sales  load the CRM Sales Opportunities files into the served database (DATA=folder)
## compare-sales compare its won revenue with what the sales analysis says (DATA=folder)
## dashboards    write the add-on's dashboards from scripts/dashboards
## translations  refresh pemba_crm/i18n from the code
## clean         drop the databases and whatever else can be rebuilt, keep the downloads
## distclean     remove the whole cache folder
run stop test test-prices test-year test-update test-odoo lint shell import-sales compare-sales dashboards translations clean distclean:
	@$(PYTHON) scripts/dev.py $@
