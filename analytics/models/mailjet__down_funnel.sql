{{ config(enabled=var('mailjet_conversions', none) is not none) }}

{#- A window is [touch, touch + so many seconds). -#}
with conversions as (
    select * from {{ ref('stg_mailjet__conversions') }}
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
            when events.kind = 'clicked' then {{ var('mailjet_click_window_s') }}
            else {{ var('mailjet_open_window_s') }}
        end as window_s
    from {{ ref('mailjet__events') }} as events
    inner join {{ ref('mailjet__messages') }} as messages on events.email_id = messages.email_id
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
        {{ mailjet_seconds('touches.touched_at', 'conversions.converted_at') }} as seconds_from_touch
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
