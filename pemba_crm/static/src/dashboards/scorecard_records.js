import * as spreadsheet from "@odoo/o-spreadsheet";
import {patch} from "@web/core/utils/patch";
import {SEE_RECORDS_PIVOT} from "@spreadsheet/pivot/pivot_actions";
import "@spreadsheet/chart/odoo_menu/figure_component"; // Odoo's own patch of this method, which comes first

const {getNumberOfPivotFunctions} = spreadsheet.helpers;

/**
 * Odoo's scorecards open a menu, with all that is in it. Those that our builder of dashboards makes, for whatever
 * add-on, open the records that the figure counts, with the filters of the dashboard: those of the first pivot in
 * its formula.
 */
patch(spreadsheet.components.ScorecardChart.prototype, {
    /**
     * @returns {Object|undefined} the position of the cell that the figure comes from
     */
    getRecordsPosition() {
        const {getters} = this.env.model;
        const {keyValue} = getters.getChartDefinition(this.props.chartId);
        if (!keyValue || !this.props.chartId.startsWith("card_")) {
            return undefined;
        }
        const {sheetId, zone} = getters.getRangeFromSheetXC(getters.getActiveSheetId(), keyValue);
        const position = {sheetId, col: zone.left, row: zone.top};
        const cell = getters.getCorrespondingFormulaCell(position);
        if (!cell?.isFormula || !getNumberOfPivotFunctions(cell.compiledFormula.tokens)) {
            return undefined;
        }
        const pivotId = getters.getPivotIdFromPosition(position);
        if (!pivotId || !getters.isExistingPivot(pivotId)) {
            return undefined;
        }
        return getters.getPivotCoreDefinition(pivotId).actionXmlId ? position : undefined;
    },
    async onClick() {
        const position = this.env.isDashboard() && this.getRecordsPosition();
        if (position) {
            await SEE_RECORDS_PIVOT(position, this.env);
        } else {
            await super.onClick();
        }
    },
});
