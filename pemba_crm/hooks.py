def uninstall_hook(env):
    env["crm.stage"]._unmap_pemba_steps()
