def uninstall_hook(env):
    """Take back the survey rights that came with the role of a manager."""
    manager = env.ref("relationship_crm.group_manager", raise_if_not_found=False)
    survey_user = env.ref("survey.group_survey_user", raise_if_not_found=False)
    if manager and survey_user:
        manager.implied_ids -= survey_user
