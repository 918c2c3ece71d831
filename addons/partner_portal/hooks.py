def post_init_hook(env):
    """People of partner companies who have portal access already become portal members."""
    portal = env.ref("base.group_portal")
    people = env["res.users"].search([("all_group_ids", "in", portal.id)])
    env["prm.member"]._make_members(people)


def uninstall_hook(env):
    """Drop the range type of protections; its constraint goes with it."""
    env.cr.execute("DROP TYPE IF EXISTS prm_path_range CASCADE")
