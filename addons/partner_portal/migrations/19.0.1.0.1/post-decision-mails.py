"""The mails of decisions come from the company and reach it when its person has no address."""

TEMPLATES = ["mail_template_deal_approved", "mail_template_deal_rejected"]
FORMER = (
    "{{ (object.decided_by or object.company_id.partner_id or user).email_formatted"
    " or user.email_formatted }}"
)


def migrate(cr, version):
    """Bring the templates, which an update leaves alone, up to date unless they were edited."""
    cr.execute(
        """
        UPDATE mail_template
           SET email_from = '{{ object._decision_sender() }}',
               partner_to = '{{ object._decision_recipient().id }}',
               body_html = replace(
                   body_html::text,
                   '(object.contact_id or object.partner_id).name',
                   'object._decision_recipient().name'
               )::jsonb
         WHERE email_from = %s
           AND id IN (SELECT res_id FROM ir_model_data
                       WHERE module = 'partner_portal' AND name = ANY(%s))
        """,
        [FORMER, TEMPLATES],
    )
