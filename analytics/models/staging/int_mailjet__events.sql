{{ config(materialized=var('mailjet_staging_materialized', 'view')) }}

{#- Every event once. Loads that only append, and Segment, may bring a copy: the one that was received last counts. -#}
{%- set streams = [
    'email_delivered', 'email_opened', 'email_link_clicked', 'email_unsubscribed', 'email_bounced', 'email_marked_as_spam',
    'email_blocked',
] -%}

with copies as (
    {%- for stream in streams %}
    select * from {{ ref('stg_mailjet__' ~ stream) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
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
