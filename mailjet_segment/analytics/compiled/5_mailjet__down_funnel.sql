with  stg_mailjet__conversions as (
with named as (
    select
        cast("id" as TEXT) as conversion_id,
        nullif(trim(cast("user_id" as TEXT)), '') as user_id,
        make_timestamp(epoch_us("timestamp")) as converted_at,
        cast("event" as TEXT) as conversion_event,
        cast("revenue" as double precision) as value
    from source.conversions
),

numbered as (
    select
        named.*,
        row_number() over (partition by conversion_id order by converted_at, user_id, value) as copy_number
    from named
)

select
    conversion_id,
    user_id,
    converted_at,
    conversion_event,
    value
from numbered
where copy_number = 1 or conversion_id is null
), conversions as (
    select * from stg_mailjet__conversions
),

-- Only what people did: never bots, scanners and privacy proxies, whose open says nothing of when somebody read, even if a
-- click confirms it. Whose message it was is known best by its latest event.
touches as (
    select
        messages.user_id,
        messages.email_id,
        messages.campaign_id,
        messages.campaign_name,
        messages.sent_at,
        events.event_id,
        events.happened_at as touched_at,
        case when events.kind = 'clicked' then 'click' else 'open' end as touch,
        case
            when events.kind = 'clicked' then 432000
            else 432000
        end as window_s
    from mailjet__events as events
    inner join mailjet__messages as messages on events.email_id = messages.email_id
    where
        events.kind in ('opened', 'clicked')
        and events.actor = 'human'
        and events.actor_rule <> 'confirmed_by_click'
        and messages.user_id is not null
),

pairs as (
    select
        conversions.conversion_id,
        touches.*,

        (date_diff('second', touches.touched_at::timestamp, conversions.converted_at::timestamp ))
     as seconds_from_touch
    from conversions
    inner join touches on conversions.user_id = touches.user_id
),

-- A click comes before an open, even before a later one; then the last touch wins. Of touches in one second, that of the
-- message that was sent last wins, and at last the greater id: chance decides nothing.
ranked as (
    select
        pairs.*,
        row_number() over (
            partition by conversion_id
            order by case when touch = 'click' then 0 else 1 end, touched_at desc, sent_at desc, event_id desc
        ) as place
    from pairs
    where seconds_from_touch >= 0 and seconds_from_touch < window_s
)

select
    conversions.conversion_id,
    conversions.user_id,
    conversions.converted_at,
    conversions.conversion_event,
    conversions.value,
    ranked.email_id,
    ranked.campaign_id,
    ranked.campaign_name,
    ranked.touch,
    ranked.touched_at,
    ranked.seconds_from_touch
from conversions
left join ranked on conversions.conversion_id = ranked.conversion_id and ranked.place = 1
