with events as (
    select * from {{ ref('mailjet__events') }}
),

-- Who the recipient is may become known later: the latest event with a user id says it, else the latest event.
ranked as (
    select
        email_id,
        user_id,
        anonymous_id,
        row_number() over (
            partition by email_id
            order by case when user_id is null then 1 else 0 end, received_at desc, happened_at desc, event_id
        ) as place
    from events
),

recipients as (
    select * from ranked where place = 1
),

-- A contact may become known, or get another user id, between two messages: all of them are of one recipient.
ranked_contacts as (
    select
        contact_id,
        user_id,
        row_number() over (partition by contact_id order by max(received_at) desc, user_id) as place
    from events
    where contact_id is not null and user_id is not null
    group by contact_id, user_id
),

known_contacts as (
    select * from ranked_contacts where place = 1
),

-- A campaign may be renamed: the name that was read last counts.
ranked_names as (
    select
        campaign_id,
        campaign_name,
        row_number() over (partition by campaign_id order by max(received_at) desc, campaign_name) as place
    from events
    where campaign_id is not null and campaign_name is not null
    group by campaign_id, campaign_name
),

campaign_names as (
    select * from ranked_names where place = 1
),

gathered as (
    select
        email_id,
        max(campaign_id) as campaign_id,
        max(campaign_name) as campaign_name,
        max(email_subject) as email_subject,
        max(contact_id) as contact_id,
        max(email) as email,
        min(happened_at) as first_event_at,
        min(case when kind in ('delivered', 'bounced', 'blocked') then happened_at end) as first_outcome_at,
        min(case when kind = 'delivered' then happened_at end) as delivered_at,
        min(case when kind = 'blocked' then happened_at end) as blocked_at,
        max(case when kind = 'bounced' and bounce_type = 'hard' then happened_at end) as hard_bounced_at,
        max(case when kind = 'bounced' and coalesce(bounce_type, '') <> 'hard' then happened_at end) as soft_bounced_at,
        max(case when kind = 'bounced' and bounce_type = 'hard' then error end) as hard_bounce_error,
        max(case when kind = 'bounced' and coalesce(bounce_type, '') <> 'hard' then error end) as soft_bounce_error,
        -- What a proxy fetched is no time at which somebody read: the click that confirms it is one.
        min(case
            when kind = 'opened' and actor = 'human' and actor_rule <> 'confirmed_by_click' then happened_at
        end) as seen_open_at,
        min(case when kind = 'opened' and actor = 'likely_privacy' then happened_at end) as first_privacy_open_at,
        min(case when kind = 'opened' and actor in ('bot', 'likely_scanner') then happened_at end) as first_bot_open_at,
        min(case when kind = 'clicked' and actor = 'human' then happened_at end) as first_click_at,
        min(case when kind = 'clicked' and actor in ('bot', 'likely_scanner') then happened_at end) as first_bot_click_at,
        min(case when kind = 'unsubscribed' then happened_at end) as unsubscribed_at,
        min(case when kind = 'complained' then happened_at end) as complained_at,
        count(case when kind = 'opened' and actor = 'human' then 1 end) as opens_human,
        count(case when kind = 'opened' and actor = 'likely_privacy' then 1 end) as opens_privacy,
        count(case when kind = 'opened' and actor in ('bot', 'likely_scanner') then 1 end) as opens_bot,
        count(case when kind = 'clicked' and actor = 'human' then 1 end) as clicks_human,
        count(case when kind = 'clicked' and actor in ('bot', 'likely_scanner') then 1 end) as clicks_bot
    from events
    group by email_id
),

placed as (
    select
        gathered.*,
        coalesce(hard_bounced_at, soft_bounced_at) as bounced_at,
        case
            when hard_bounced_at is not null then 'hard'
            when soft_bounced_at is not null then 'soft'
        end as bounce_type,
        coalesce(hard_bounce_error, soft_bounce_error) as bounce_error,
        case
            when seen_open_at <= first_click_at or first_click_at is null then seen_open_at
            else first_click_at
        end as first_open_at,
        case when email like '%@%' then lower({{ dbt.split_part('email', "'@'", -1) }}) end as domain
    from gathered
),

judged as (
    select
        placed.*,
        case
            when bounced_at is not null and (delivered_at is null or bounced_at >= delivered_at) then bounce_type
            when delivered_at is not null then 'delivered'
            when blocked_at is not null then 'blocked'
            else 'unknown'
        end as outcome
    from placed
),

providers as (
    {%- for domain, provider in mailjet_mailbox_providers().items() %}
    select '{{ domain }}' as domain, '{{ provider }}' as provider
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    judged.email_id,
    judged.campaign_id,
    coalesce(campaign_names.campaign_name, judged.campaign_name) as campaign_name,
    judged.email_subject,
    coalesce(known_contacts.user_id, recipients.user_id, recipients.anonymous_id) as recipient,
    recipients.user_id,
    recipients.anonymous_id,
    judged.contact_id,
    judged.email,
    judged.domain,
    coalesce(providers.provider, judged.domain, 'Unknown') as provider,
    coalesce(judged.first_outcome_at, judged.first_event_at) as sent_at,
    judged.outcome,
    judged.delivered_at,
    judged.bounced_at,
    judged.bounce_type,
    judged.bounce_error,
    judged.first_open_at,
    judged.first_privacy_open_at,
    judged.first_bot_open_at,
    judged.first_click_at,
    judged.first_bot_click_at,
    judged.unsubscribed_at,
    judged.complained_at,
    case
        when judged.first_open_at < judged.delivered_at then 0
        else {{ mailjet_seconds('judged.delivered_at', 'judged.first_open_at') }}
    end as seconds_to_open,
    case
        when judged.first_click_at < judged.delivered_at then 0
        else {{ mailjet_seconds('judged.delivered_at', 'judged.first_click_at') }}
    end as seconds_to_click,
    judged.opens_human,
    judged.opens_privacy,
    judged.opens_bot,
    judged.clicks_human,
    judged.clicks_bot,
    judged.outcome = 'delivered' as was_delivered,
    judged.outcome in ('hard', 'soft') as was_bounced,
    judged.opens_human + judged.clicks_human > 0 as opened_people,
    judged.opens_human + judged.clicks_human + judged.opens_privacy > 0 as opened_with_privacy,
    judged.opens_human + judged.clicks_human + judged.opens_privacy + judged.opens_bot + judged.clicks_bot > 0
        as opened_all,
    judged.clicks_human > 0 as clicked_people,
    judged.clicks_human > 0 as clicked_with_privacy,
    judged.clicks_human + judged.clicks_bot > 0 as clicked_all,
    recipients.user_id is not null as is_known
from judged
inner join recipients on judged.email_id = recipients.email_id
left join known_contacts on judged.contact_id = known_contacts.contact_id
left join campaign_names on judged.campaign_id = campaign_names.campaign_id
left join providers on judged.domain = providers.domain
