with clicks as (
    select
        coalesce(messages.campaign_id, '') as campaign_id,
        coalesce(events.link_id, events.link_url, '') as link_id,
        events.link_url,
        events.email_id,
        events.actor,
        messages.was_delivered
    from mailjet__events as events
    inner join mailjet__messages as messages on events.email_id = messages.email_id
    where events.kind = 'clicked'
),

counted as (
    select
        campaign_id,
        link_id,
        max(link_url) as link_url,
        count(case when actor = 'human' then 1 end) as clicks_human,
        count(case when actor <> 'human' then 1 end) as clicks_bot,
        count(distinct case when was_delivered and actor = 'human' then email_id end) as messages_people,
        count(distinct case when was_delivered then email_id end) as messages_all
    from clicks
    group by campaign_id, link_id
)

select
    counted.campaign_id,
    counted.link_id,
    counted.link_url,
    campaigns.campaign_name,
    counted.clicks_human,
    counted.clicks_bot,
    counted.messages_people,
    counted.messages_all,
    cast(counted.messages_people as double precision) / nullif(campaigns.delivered, 0) as share_of_delivered
from counted
inner join mailjet__campaigns as campaigns on counted.campaign_id = campaigns.campaign_id
