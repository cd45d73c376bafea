-- One row for each message (one email to one recipient), with the first time of everything that happened to it.
--
-- What only software did (is_bot) stands apart from what people did; where Mailjet does not know the agent (is_bot is null),
-- it counts as a person. Times are UTC. A message that was delivered before the tables begin has no delivered_at.
-- DuckDB and PostgreSQL read this, but for arg_max, which views.py writes for PostgreSQL in another way.
WITH events AS (
    SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'delivered' AS kind, false AS by_bot FROM main.email_delivered
    UNION ALL SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'opened', coalesce(is_bot, false) FROM main.email_opened
    UNION ALL SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'clicked', coalesce(is_bot, false) FROM main.email_link_clicked
    UNION ALL SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'unsubscribed', false FROM main.email_unsubscribed
    UNION ALL SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'bounced', false FROM main.email_bounced
    UNION ALL SELECT email_id, campaign_id, campaign_name, email_subject, user_id, anonymous_id, context_traits_email, received_at, "timestamp", 'complained', false FROM main.email_marked_as_spam
),
campaign_names AS (
    SELECT campaign_id, arg_max(campaign_name, received_at) AS campaign_name FROM events GROUP BY campaign_id
),
each_message AS (
    SELECT
        email_id,
        max(campaign_id) AS campaign_id,
        arg_max(email_subject, received_at) AS email_subject,
        arg_max(user_id, received_at) AS user_id,
        arg_max(anonymous_id, received_at) AS anonymous_id,
        arg_max(context_traits_email, received_at) AS email,
        min("timestamp") FILTER (WHERE kind = 'delivered') AS delivered_at,
        min("timestamp") FILTER (WHERE kind = 'opened' AND NOT by_bot) AS opened_at,
        min("timestamp") FILTER (WHERE kind = 'opened' AND by_bot) AS opened_by_bot_at,
        min("timestamp") FILTER (WHERE kind = 'clicked' AND NOT by_bot) AS clicked_at,
        min("timestamp") FILTER (WHERE kind = 'clicked' AND by_bot) AS clicked_by_bot_at,
        min("timestamp") FILTER (WHERE kind = 'bounced') AS bounced_at,
        min("timestamp") FILTER (WHERE kind = 'unsubscribed') AS unsubscribed_at,
        min("timestamp") FILTER (WHERE kind = 'complained') AS complained_at
    FROM events
    GROUP BY email_id
)
SELECT
    each_message.email_id,
    each_message.campaign_id,
    campaign_names.campaign_name,
    each_message.email_subject,
    each_message.user_id,
    each_message.anonymous_id,
    each_message.email,
    each_message.delivered_at,
    each_message.opened_at,
    each_message.opened_by_bot_at,
    each_message.clicked_at,
    each_message.clicked_by_bot_at,
    each_message.bounced_at,
    each_message.unsubscribed_at,
    each_message.complained_at
FROM each_message
LEFT JOIN campaign_names ON coalesce(each_message.campaign_id, '') = coalesce(campaign_names.campaign_id, '')
