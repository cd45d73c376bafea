-- The funnel of each campaign, counted in messages (messages.sql): one message is one recipient.
--
-- A message counts once however often it was opened or clicked. "Of delivered" figures look only at messages whose delivery
-- is in the tables, so that a late open of a message from before the start date makes no rate exceed 100 %.
SELECT
    campaign_id,
    max(campaign_name) AS campaign_name,
    count(delivered_at) AS delivered,
    count(opened_at) AS opened,
    count(*) FILTER (WHERE opened_at IS NOT NULL AND delivered_at IS NOT NULL) AS opened_of_delivered,
    count(*) FILTER (WHERE opened_by_bot_at IS NOT NULL AND opened_at IS NULL) AS opened_only_by_bots,
    count(clicked_at) AS clicked,
    count(*) FILTER (WHERE clicked_at IS NOT NULL AND delivered_at IS NOT NULL) AS clicked_of_delivered,
    count(*) FILTER (WHERE clicked_by_bot_at IS NOT NULL AND clicked_at IS NULL) AS clicked_only_by_bots,
    count(unsubscribed_at) AS unsubscribed,
    count(*) FILTER (WHERE unsubscribed_at IS NOT NULL AND delivered_at IS NOT NULL) AS unsubscribed_of_delivered,
    count(bounced_at) AS bounced,
    count(*) FILTER (WHERE bounced_at IS NOT NULL OR delivered_at IS NOT NULL) AS bounced_or_delivered,
    count(complained_at) AS spam,
    count(*) FILTER (WHERE complained_at IS NOT NULL AND delivered_at IS NOT NULL) AS spam_of_delivered
FROM messages
GROUP BY campaign_id
ORDER BY delivered DESC, opened DESC, campaign_id
