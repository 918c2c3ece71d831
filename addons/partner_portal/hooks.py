def uninstall_hook(env):
    """Drop the range type of protections; its constraint goes with it."""
    env.cr.execute("DROP TYPE IF EXISTS prm_path_range CASCADE")
