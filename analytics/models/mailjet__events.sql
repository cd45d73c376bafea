{#- All events of a message are decided together, so a message with a new event is replaced as a whole. -#}
{{ config(
    materialized=var('mailjet_events_materialized', 'incremental'),
    unique_key='event_id' if target.type == 'bigquery' else 'email_id',
    incremental_strategy='merge' if target.type == 'bigquery' else 'delete+insert',
    on_schema_change='append_new_columns',
) }}

with events as (
    select *
    from {{ ref('int_mailjet__events') }}
    {%- if is_incremental() %}
    where email_id in (
        select fresh.email_id
        from {{ ref('int_mailjet__events') }} as fresh
        left join {{ this }} as known on fresh.event_id = known.event_id
        where known.event_id is null or fresh.received_at > known.received_at
    )
    {%- endif %}
),

deliveries as (
    select
        email_id,
        min(happened_at) as delivered_at
    from events
    where kind = 'delivered'
    group by email_id
),

reactions as (
    select
        events.event_id,
        events.email_id,
        events.kind,
        events.is_bot,
        coalesce(events.link_url, events.link_id, '') as link,
        coalesce(
            {{ mailjet_seconds('deliveries.delivered_at', 'events.happened_at') }},
            events.click_delay_s
        ) as seconds_after,
        -- Apple's privacy proxy says this and nothing more.
        case
            when events.kind = 'opened' and trim(events.user_agent) = 'Mozilla/5.0' then true
            else false
        end as has_prefetch_agent,
        case
            when
                events.kind = 'opened'
                and coalesce(trim(events.user_agent), '') = ''
                and lower(coalesce(trim(events.agent_browser), '')) in ('', 'unknown')
                then true
            else false
        end as has_no_agent
    from events
    left join deliveries on events.email_id = deliveries.email_id
    where events.kind in ('opened', 'clicked')
),

first_clicks as (
    select
        email_id,
        min(seconds_after) + {{ var('mailjet_scanner_span_s') }} as burst_until
    from reactions
    where kind = 'clicked' and not is_bot and seconds_after is not null
    group by email_id
    having min(seconds_after) <= {{ var('mailjet_scanner_delay_s') }}
),

bursts as (
    select
        reactions.email_id,
        first_clicks.burst_until,
        count(distinct case
            when reactions.kind = 'clicked' and reactions.seconds_after <= first_clicks.burst_until
                then reactions.link
        end) as burst_links,
        count(distinct case when reactions.kind = 'clicked' then reactions.link end) as all_links,
        count(case
            when reactions.seconds_after > first_clicks.burst_until and not reactions.has_prefetch_agent then 1
        end) as later_reactions
    from reactions
    inner join first_clicks on reactions.email_id = first_clicks.email_id
    where not reactions.is_bot
    group by reactions.email_id, first_clicks.burst_until
),

-- A scanner that is missed costs less than a person who is lost: two links need that nothing else ever happened.
scanned as (
    select
        email_id,
        burst_until
    from bursts
    where
        burst_links >= {{ var('mailjet_scanner_links') }}
        or (burst_links >= 2 and burst_links = all_links and later_reactions = 0)
),

clicks as (
    select
        reactions.event_id,
        reactions.email_id,
        case
            when reactions.is_bot then 'flagged_by_mailjet'
            when reactions.seconds_after <= scanned.burst_until then 'links_at_once'
            else 'no_sign_of_software'
        end as actor_rule
    from reactions
    left join scanned on reactions.email_id = scanned.email_id
    where reactions.kind = 'clicked'
),

clicked_by_people as (
    select distinct email_id
    from clicks
    where actor_rule = 'no_sign_of_software'
),

opens as (
    select
        reactions.event_id,
        reactions.email_id,
        case
            when reactions.is_bot then 'flagged_by_mailjet'
            when reactions.seconds_after <= scanned.burst_until then 'open_beside_scanner'
            when
                clicked_by_people.email_id is not null
                and (
                    reactions.has_prefetch_agent
                    or (reactions.has_no_agent and reactions.seconds_after <= {{ var('mailjet_prefetch_delay_s') }})
                )
                then 'confirmed_by_click'
            when reactions.has_prefetch_agent then 'prefetch_agent'
            when reactions.has_no_agent and reactions.seconds_after <= {{ var('mailjet_prefetch_delay_s') }}
                then 'prefetch_at_delivery'
            else 'no_sign_of_software'
        end as actor_rule
    from reactions
    left join scanned on reactions.email_id = scanned.email_id
    left join clicked_by_people on reactions.email_id = clicked_by_people.email_id
    where reactions.kind = 'opened'
),

decided as (
    select event_id, actor_rule from clicks
    union all
    select event_id, actor_rule from opens
)

select
    events.event_id,
    events.stream,
    events.kind,
    events.email_id,
    events.campaign_id,
    events.campaign_name,
    events.email_subject,
    events.contact_id,
    events.user_id,
    events.anonymous_id,
    events.email,
    events.happened_at,
    events.received_at,
    case
        when decided.actor_rule = 'flagged_by_mailjet' then 'bot'
        when decided.actor_rule in ('links_at_once', 'open_beside_scanner') then 'likely_scanner'
        when decided.actor_rule in ('prefetch_agent', 'prefetch_at_delivery') then 'likely_privacy'
        when decided.actor_rule in ('confirmed_by_click', 'no_sign_of_software') then 'human'
    end as actor,
    decided.actor_rule,
    events.link_url,
    events.link_id,
    events.click_delay_s,
    events.agent_browser,
    events.agent_platform,
    events.is_mobile,
    events.bounce_type,
    events.is_blocked,
    events.error,
    events.error_related_to,
    events.smtp_reply,
    events.list_id,
    events.complaint_source,
    events.country
from events
left join decided on events.event_id = decided.event_id
