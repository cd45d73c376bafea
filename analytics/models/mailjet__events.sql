{#- All events of a message are decided together, so a message with a new event is replaced as a whole. -#}
{{ config(
    materialized=var('mailjet_events_materialized', 'incremental'),
    unique_key='event_id' if target.type == 'bigquery' else 'email_id',
    incremental_strategy='merge' if target.type == 'bigquery' else 'delete+insert',
    on_schema_change='append_new_columns',
) }}
{%- set columns_before = [
    'event_id', 'stream', 'kind', 'email_id', 'campaign_id', 'campaign_name', 'email_subject', 'contact_id', 'user_id',
    'anonymous_id', 'email', 'happened_at', 'received_at',
] -%}
{%- set columns_after = [
    'link_url', 'link_id', 'click_delay_s', 'agent_browser', 'agent_platform', 'is_mobile', 'bounce_type', 'is_blocked',
    'error', 'error_related_to', 'smtp_reply', 'list_id', 'complaint_source', 'country',
] %}

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

-- From here on windows over the reactions to a message, and no further join: databases know too little of views over JSON
-- to plan one well.
reactions as (
    select
        events.*,
        case
            when events.is_bot then 'flagged_by_mailjet'
            {%- for word in var('mailjet_software_agents') %}
            when lower(events.user_agent) like '%{{ word }}%' then 'agent_of_software'
            {%- endfor %}
        end as software_rule,
        coalesce(
            {{ mailjet_seconds('deliveries.delivered_at', 'events.happened_at') }},
            events.click_delay_s
        ) as seconds_after
    from events
    left join deliveries on events.email_id = deliveries.email_id
    where events.kind in ('opened', 'clicked')
),

measured as (
    select
        reactions.*,
        kind = 'clicked' and software_rule is null as is_click,
        coalesce(link_url, link_id, '') as link,
        -- Apple's privacy proxy says this and nothing more.
        kind = 'opened' and coalesce(trim(user_agent), '') = 'Mozilla/5.0' as has_prefetch_agent,
        kind = 'opened'
        and coalesce(trim(user_agent), '') = ''
        and lower(coalesce(trim(agent_browser), '')) in ('', 'unknown') as has_no_agent
    from reactions
),

first_clicks as (
    select
        measured.*,
        min(case when is_click then seconds_after end) over (partition by email_id) as first_click_after,
        row_number() over (
            partition by email_id, is_click, link
            order by case when seconds_after is null then 1 else 0 end, seconds_after
        ) as click_of_link
    from measured
),

-- Until when after the delivery a scanner's clicks may go on, if the first click came at once.
bursts as (
    select
        first_clicks.*,
        case
            when first_click_after <= {{ var('mailjet_scanner_delay_s') }}
                then first_click_after + {{ var('mailjet_scanner_span_s') }}
        end as burst_until
    from first_clicks
),

counted as (
    select
        bursts.*,
        count(case when is_click and click_of_link = 1 and seconds_after <= burst_until then 1 end)
            over (partition by email_id) as burst_links,
        count(case
            when software_rule is null and not has_prefetch_agent and seconds_after > burst_until then 1
        end) over (partition by email_id) as later_reactions
    from bursts
),

-- A scanner that is missed costs less than a person who is lost: two links need that nothing else ever happened.
scanned as (
    select
        counted.*,
        case
            when software_rule is not null then software_rule
            when
                seconds_after <= burst_until
                and (
                    burst_links >= {{ var('mailjet_scanner_links') }}
                    or (burst_links >= 2 and later_reactions = 0)
                )
                then case when kind = 'clicked' then 'links_at_once' else 'open_beside_scanner' end
            -- Long before the delivery: then the time of the delivery is wrong, and says nothing of who clicked.
            when
                kind = 'clicked'
                and seconds_after between -{{ var('mailjet_too_fast_s') }} and {{ var('mailjet_too_fast_s') }}
                then 'faster_than_people'
            when kind = 'clicked' then 'no_sign_of_software'
        end as first_rule
    from counted
),

confirmed as (
    select
        scanned.*,
        count(case when kind = 'clicked' and first_rule = 'no_sign_of_software' then 1 end)
            over (partition by email_id) as human_clicks
    from scanned
),

decided as (
    select
        confirmed.*,
        case
            when first_rule is not null then first_rule
            when has_prefetch_agent
                then case when human_clicks > 0 then 'confirmed_by_click' else 'prefetch_agent' end
            when has_no_agent and seconds_after <= {{ var('mailjet_prefetch_delay_s') }}
                then case when human_clicks > 0 then 'confirmed_by_click' else 'prefetch_at_delivery' end
            else 'no_sign_of_software'
        end as actor_rule
    from confirmed
)

select
    {{ columns_before | join(',\n    ') }},
    case
        when actor_rule in ('flagged_by_mailjet', 'agent_of_software') then 'bot'
        when actor_rule in ('links_at_once', 'faster_than_people', 'open_beside_scanner') then 'likely_scanner'
        when actor_rule in ('prefetch_agent', 'prefetch_at_delivery') then 'likely_privacy'
        when actor_rule in ('confirmed_by_click', 'no_sign_of_software') then 'human'
    end as actor,
    actor_rule,
    {{ columns_after | join(',\n    ') }}
from decided

union all

select
    {{ columns_before | join(',\n    ') }},
    cast(null as {{ mailjet_text() }}) as actor,
    cast(null as {{ mailjet_text() }}) as actor_rule,
    {{ columns_after | join(',\n    ') }}
from events
where kind not in ('opened', 'clicked')
