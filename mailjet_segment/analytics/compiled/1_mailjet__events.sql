with  stg_mailjet__email_delivered as (

select
    cast("id" as TEXT) as event_id,
    'email_delivered' as stream,
    'delivered' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast(null as boolean) as is_bot,
    cast(null as boolean) as is_mobile,
    cast(null as TEXT) as agent_browser,
    cast(null as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast(null as TEXT) as error,
    cast(null as TEXT) as error_related_to,
    cast("smtp_reply" as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_delivered
),  stg_mailjet__email_opened as (

select
    cast("id" as TEXT) as event_id,
    'email_opened' as stream,
    'opened' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast("is_bot" as boolean) as is_bot,
    cast("is_mobile" as boolean) as is_mobile,
    cast("agent_browser" as TEXT) as agent_browser,
    cast("agent_platform" as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast(null as TEXT) as error,
    cast(null as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_opened
),  stg_mailjet__email_link_clicked as (

select
    cast("id" as TEXT) as event_id,
    'email_link_clicked' as stream,
    'clicked' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast("is_bot" as boolean) as is_bot,
    cast("is_mobile" as boolean) as is_mobile,
    cast("agent_browser" as TEXT) as agent_browser,
    cast("agent_platform" as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast("link_url" as TEXT) as link_url,
    cast("link_id" as TEXT) as link_id,
    cast("click_delay_s" as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast(null as TEXT) as error,
    cast(null as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_link_clicked
),  stg_mailjet__email_unsubscribed as (

select
    cast("id" as TEXT) as event_id,
    'email_unsubscribed' as stream,
    'unsubscribed' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast("is_bot" as boolean) as is_bot,
    cast("is_mobile" as boolean) as is_mobile,
    cast("agent_browser" as TEXT) as agent_browser,
    cast("agent_platform" as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast(null as TEXT) as error,
    cast(null as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast("list_id" as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_unsubscribed
),  stg_mailjet__email_bounced as (

select
    cast("id" as TEXT) as event_id,
    'email_bounced' as stream,
    'bounced' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast(null as boolean) as is_bot,
    cast(null as boolean) as is_mobile,
    cast(null as TEXT) as agent_browser,
    cast(null as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast("bounce_type" as TEXT) as bounce_type,
    cast("is_blocked" as boolean) as is_blocked,
    cast("error" as TEXT) as error,
    cast("error_related_to" as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_bounced
),  stg_mailjet__email_marked_as_spam as (

select
    cast("id" as TEXT) as event_id,
    'email_marked_as_spam' as stream,
    'complained' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast(null as boolean) as is_bot,
    cast(null as boolean) as is_mobile,
    cast(null as TEXT) as agent_browser,
    cast(null as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast(null as TEXT) as error,
    cast(null as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast("complaint_source" as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_marked_as_spam
),  stg_mailjet__email_blocked as (

select
    cast("id" as TEXT) as event_id,
    'email_blocked' as stream,
    'blocked' as kind,
    cast("email_id" as TEXT) as email_id,
    cast("campaign_id" as TEXT) as campaign_id,
    cast("campaign_name" as TEXT) as campaign_name,
    cast("email_subject" as TEXT) as email_subject,
    cast("contact_id" as TEXT) as contact_id,
    cast("user_id" as TEXT) as user_id,
    cast("anonymous_id" as TEXT) as anonymous_id,
    cast("context_traits_email" as TEXT) as email,
    make_timestamp(epoch_us("timestamp")) as happened_at,
    make_timestamp(epoch_us("received_at")) as received_at,
    cast(null as boolean) as is_bot,
    cast(null as boolean) as is_mobile,
    cast(null as TEXT) as agent_browser,
    cast(null as TEXT) as agent_platform,
    cast("context_user_agent" as TEXT) as user_agent,
    cast(null as TEXT) as link_url,
    cast(null as TEXT) as link_id,
    cast(null as bigint) as click_delay_s,
    cast(null as TEXT) as bounce_type,
    cast(null as boolean) as is_blocked,
    cast("error" as TEXT) as error,
    cast("error_related_to" as TEXT) as error_related_to,
    cast(null as TEXT) as smtp_reply,
    cast(null as TEXT) as list_id,
    cast(null as TEXT) as complaint_source,
    cast("context_location_country" as TEXT) as country
from source.email_blocked
),  int_mailjet__events as (
with copies as (
    select * from stg_mailjet__email_delivered
    union all
    select * from stg_mailjet__email_opened
    union all
    select * from stg_mailjet__email_link_clicked
    union all
    select * from stg_mailjet__email_unsubscribed
    union all
    select * from stg_mailjet__email_bounced
    union all
    select * from stg_mailjet__email_marked_as_spam
    union all
    select * from stg_mailjet__email_blocked
),

numbered as (
    select
        copies.*,
        row_number() over (partition by event_id order by coalesce(received_at, happened_at) desc) as copy_number
    from copies
)

select
    event_id,
    stream,
    kind,
    -- An event that names no message is one of its own.
    coalesce(email_id, event_id) as email_id,
    campaign_id,
    campaign_name,
    email_subject,
    contact_id,
    user_id,
    anonymous_id,
    -- Segment's own tables may have the address as the anonymous id alone.
    coalesce(email, case when anonymous_id like '%@%' then anonymous_id end) as email,
    happened_at,
    coalesce(received_at, happened_at) as received_at,
    coalesce(is_bot, false) as is_bot,
    is_mobile,
    agent_browser,
    agent_platform,
    user_agent,
    link_url,
    link_id,
    click_delay_s,
    bounce_type,
    is_blocked,
    error,
    error_related_to,
    smtp_reply,
    list_id,
    complaint_source,
    country
from numbered
where copy_number = 1
), events as (
    select *
    from int_mailjet__events
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

        (date_diff('second', deliveries.delivered_at::timestamp, events.happened_at::timestamp ))
    ,
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
        min(seconds_after) + 5 as burst_until
    from reactions
    where kind = 'clicked' and not is_bot and seconds_after is not null
    group by email_id
    having min(seconds_after) <= 15
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
        burst_links >= 3
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
                    or (reactions.has_no_agent and reactions.seconds_after <= 10)
                )
                then 'confirmed_by_click'
            when reactions.has_prefetch_agent then 'prefetch_agent'
            when reactions.has_no_agent and reactions.seconds_after <= 10
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
