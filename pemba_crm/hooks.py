def uninstall_hook(env):
    env["crm.stage"]._unmap_pemba_steps()
    _keep_activities(env)


def _keep_activities(env):
    """What people were asked to do stays to be done, without our types of activities."""
    data = env["ir.model.data"].search([("module", "=", "pemba_crm"), ("model", "=", "mail.activity.type")])
    everything = env["mail.activity"].with_context(active_test=False)  # answers, too
    activities = everything.search([("activity_type_id", "in", data.mapped("res_id"))])
    activities.activity_type_id = env.ref("mail.mail_activity_data_todo")
