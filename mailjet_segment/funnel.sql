-- The funnel of each campaign, counted in messages: one message is one recipient.
--
-- A message counts once however often it was opened or clicked. What only software did (is_bot) is kept apart from what
-- people did; where Mailjet does not know the agent, it counts as a person. "Of delivered" figures look only at messages whose
-- delivery is in the tables, so that a late open of a message from before the start date makes no rate exceed 100 %.
WITH events AS (
    SELECT email_id, campaign_id, campaign_name, received_at, 'delivered' AS kind, NULL AS is_bot FROM main.email_delivered
    UNION ALL SELECT email_id, campaign_id, campaign_name, received_at, 'opened', is_bot FROM main.email_opened
    UNION ALL SELECT email_id, campaign_id, campaign_name, received_at, 'clicked', is_bot FROM main.email_link_clicked
    UNION ALL SELECT email_id, campaign_id, campaign_name, received_at, 'unsubscribed', NULL FROM main.email_unsubscribed
    UNION ALL SELECT email_id, campaign_id, campaign_name, received_at, 'bounced', NULL FROM main.email_bounced
    UNION ALL SELECT email_id, campaign_id, campaign_name, received_at, 'spam', NULL FROM main.email_marked_as_spam
),
messages AS (
    SELECT
        max(campaign_id) AS campaign_id,
        bool_or(kind = 'delivered') AS delivered,
        bool_or(kind = 'opened' AND is_bot IS DISTINCT FROM true) AS opened,
        bool_or(kind = 'opened' AND is_bot IS NOT DISTINCT FROM true) AS opened_by_bot,
        bool_or(kind = 'clicked' AND is_bot IS DISTINCT FROM true) AS clicked,
        bool_or(kind = 'clicked' AND is_bot IS NOT DISTINCT FROM true) AS clicked_by_bot,
        bool_or(kind = 'unsubscribed') AS unsubscribed,
        bool_or(kind = 'bounced') AS bounced,
        bool_or(kind = 'spam') AS spam
    FROM events
    GROUP BY email_id
),
campaign_names AS (
    SELECT campaign_id, arg_max(campaign_name, received_at) AS campaign_name FROM events GROUP BY campaign_id
)
SELECT
    messages.campaign_id,
    any_value(campaign_names.campaign_name) AS campaign_name,
    count_if(delivered) AS delivered,
    count_if(opened) AS opened,
    count_if(opened AND delivered) AS opened_of_delivered,
    count_if(opened_by_bot AND NOT opened) AS opened_only_by_bots,
    count_if(clicked) AS clicked,
    count_if(clicked AND delivered) AS clicked_of_delivered,
    count_if(clicked_by_bot AND NOT clicked) AS clicked_only_by_bots,
    count_if(unsubscribed) AS unsubscribed,
    count_if(unsubscribed AND delivered) AS unsubscribed_of_delivered,
    count_if(bounced) AS bounced,
    count_if(bounced OR delivered) AS bounced_or_delivered,
    count_if(spam) AS spam,
    count_if(spam AND delivered) AS spam_of_delivered
FROM messages LEFT JOIN campaign_names ON messages.campaign_id IS NOT DISTINCT FROM campaign_names.campaign_id
GROUP BY messages.campaign_id
ORDER BY delivered DESC, opened DESC, messages.campaign_id
