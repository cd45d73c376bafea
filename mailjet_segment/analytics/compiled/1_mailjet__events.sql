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

-- From here on windows over the reactions to a message, and no further join: databases know too little of views over JSON
-- to plan one well.
reactions as (
    select
        events.*,
        case
            when events.is_bot then 'flagged_by_mailjet'
            when lower(events.user_agent) like '%barracuda%' then 'agent_of_software'
            when lower(events.user_agent) like '%mimecast%' then 'agent_of_software'
            when lower(events.user_agent) like '%proofpoint%' then 'agent_of_software'
            when lower(events.user_agent) like '%url-scanner%' then 'agent_of_software'
            when lower(events.user_agent) like '%googlebot%' then 'agent_of_software'
            when lower(events.user_agent) like '%bingbot%' then 'agent_of_software'
            when lower(events.user_agent) like '%headlesschrome%' then 'agent_of_software'
            when lower(events.user_agent) like '%python-requests%' then 'agent_of_software'
            when lower(events.user_agent) like '%go-http-client%' then 'agent_of_software'
            when lower(events.user_agent) like '%curl/%' then 'agent_of_software'
        end as software_rule,
        coalesce(

        (date_diff('second', deliveries.delivered_at::timestamp, events.happened_at::timestamp ))
    ,
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
            when first_click_after <= 30
                then first_click_after + 10
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
                    burst_links >= 3
                    or (burst_links >= 2 and later_reactions = 0)
                )
                then case when kind = 'clicked' then 'links_at_once' else 'open_beside_scanner' end
            -- Long before the delivery: then the time of the delivery is wrong, and says nothing of who clicked.
            when
                kind = 'clicked'
                and seconds_after between -3 and 3
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
            when has_no_agent and seconds_after <= 10
                then case when human_clicks > 0 then 'confirmed_by_click' else 'prefetch_at_delivery' end
            else 'no_sign_of_software'
        end as actor_rule
    from confirmed
)

select
    event_id,
    stream,
    kind,
    email_id,
    campaign_id,
    campaign_name,
    email_subject,
    contact_id,
    user_id,
    anonymous_id,
    email,
    happened_at,
    received_at,
    case
        when actor_rule in ('flagged_by_mailjet', 'agent_of_software') then 'bot'
        when actor_rule in ('links_at_once', 'faster_than_people', 'open_beside_scanner') then 'likely_scanner'
        when actor_rule in ('prefetch_agent', 'prefetch_at_delivery') then 'likely_privacy'
        when actor_rule in ('confirmed_by_click', 'no_sign_of_software') then 'human'
    end as actor,
    actor_rule,
    link_url,
    link_id,
    click_delay_s,
    agent_browser,
    agent_platform,
    is_mobile,
    bounce_type,
    is_blocked,
    error,
    error_related_to,
    smtp_reply,
    list_id,
    complaint_source,
    country
from decided

union all

select
    event_id,
    stream,
    kind,
    email_id,
    campaign_id,
    campaign_name,
    email_subject,
    contact_id,
    user_id,
    anonymous_id,
    email,
    happened_at,
    received_at,
    cast(null as TEXT) as actor,
    cast(null as TEXT) as actor_rule,
    link_url,
    link_id,
    click_delay_s,
    agent_browser,
    agent_platform,
    is_mobile,
    bounce_type,
    is_blocked,
    error,
    error_related_to,
    smtp_reply,
    list_id,
    complaint_source,
    country
from events
where kind not in ('opened', 'clicked')
