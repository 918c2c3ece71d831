KIND = ("relationship_interaction_kind_survey_completed", "survey_completed")


def pre_init_hook(env):
    """Take up the kind of interaction again that an earlier installation left to its history."""
    env.cr.execute(
        """
        INSERT INTO ir_model_data (module, name, model, res_id, noupdate)
        SELECT 'survey_feedback', %s, 'relationship.interaction.kind', kind.id, TRUE
          FROM relationship_interaction_kind kind
         WHERE kind.code = %s
            ON CONFLICT DO NOTHING
        """,
        KIND,
    )


def uninstall_hook(env):
    """Leave what is not ours alone: history, and surveys that people have answered.

    Takes back the survey rights that came with the role of a manager.
    """
    _keep_history(env)
    _let_go(env)
    manager = env.ref("relationship_crm.group_manager", raise_if_not_found=False)
    survey_user = env.ref("survey.group_survey_user", raise_if_not_found=False)
    if manager and survey_user:
        manager.implied_ids -= survey_user


def _keep_history(env):
    """Give up shipped records that others point at, so that they stay."""
    env.cr.execute(
        """
        DELETE FROM ir_model_data data
         WHERE data.module = 'survey_feedback'
           AND (data.model = 'relationship.interaction.kind'
                AND EXISTS (SELECT FROM relationship_interaction WHERE kind_id = data.res_id)
                OR data.model = 'survey.survey'
                AND EXISTS (SELECT FROM survey_user_input WHERE survey_id = data.res_id)
                OR data.model = 'survey.question'
                AND EXISTS (SELECT FROM survey_question question
                              JOIN survey_user_input USING (survey_id)
                             WHERE question.id = data.res_id)
                OR data.model = 'survey.question.answer'
                AND EXISTS (SELECT FROM survey_question_answer choice
                              JOIN survey_question question ON question.id = choice.question_id
                              JOIN survey_user_input USING (survey_id)
                             WHERE choice.id = data.res_id))
        """
    )


def _let_go(env):
    """Delete our own rows from the bottom up; their tables go with the addon."""
    env.flush_all()
    env.cr.execute(
        "UPDATE relationship_case SET feedback_score_id = NULL, feedback_rule_id = NULL,"
        " feedback_cause_id = NULL, feedback_input_id = NULL"
    )
    env.cr.execute(
        "UPDATE survey_question SET feedback_dimension_id = NULL, feedback_touchpoint_id = NULL"
    )
    env.cr.execute("UPDATE survey_user_input SET feedback_kiosk_id = NULL, feedback_key = NULL")
    for table in (
        "promoter",
        "occasion",
        "followup",
        "ballot",
        "score",
        "invitation",
        "wave",
        "program",
        "kiosk",
        "disposition",
        "contact_lock",
        "case_rule",
        "cause",
        "dimension",
        "touchpoint",
    ):
        env.cr.execute(f"DELETE FROM feedback_{table}")
    env.invalidate_all()
