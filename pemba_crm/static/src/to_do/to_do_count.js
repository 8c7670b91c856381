import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { debounce } from "@web/core/utils/timing";

const MENU = "pemba_crm.pemba_to_do_menu";
/** Milliseconds for which a count is good, unless the list was looked at. */
const KEPT = 300000;

/** The menu To Do says how many rows wait for the user. */
export const toDoCountService = {
    dependencies: ["menu", "orm"],
    start(env, { menu, orm }) {
        let counted = 0;
        let name;

        async function update(isStale = false) {
            const entry = menu.getAll().find((one) => one.xmlid === MENU);
            const isHere = entry && menu.getCurrentApp()?.id === entry.appID;
            if (!isHere || (!isStale && Date.now() - counted < KEPT)) {
                return;
            }
            counted = Date.now();
            const companies = { allowed_company_ids: user.activeCompanies.map((one) => one.id) };
            const count = await orm.silent.call("pemba.to.do", "get_count", [], { context: companies });
            name ??= entry.name;
            const label = count ? `${name} (${count})` : name;
            if (entry.name !== label) {
                entry.name = label;
                env.bus.trigger("MENUS:APP-CHANGED");
            }
        }

        env.bus.addEventListener("ACTION_MANAGER:UI-UPDATED", () => update());
        env.bus.addEventListener("MENUS:APP-CHANGED", () => update());
        // Whenever the list is read anew, so is its count.
        const updateAfterList = debounce(() => update(true), 500);
        rpcBus.addEventListener("RPC:RESPONSE", ({ detail }) => {
            const { model, method } = detail.data.params ?? {};
            if (model === "pemba.to.do" && method.startsWith("web_")) {
                updateAfterList();
            }
        });
    },
};

registry.category("services").add("pemba_to_do_count", toDoCountService);
