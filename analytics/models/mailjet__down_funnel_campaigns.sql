{{ config(enabled=var('mailjet_conversions', none) is not none) }}

{#- What a campaign is credited with, beside what its own recipients did in an equally long span before and after it. -#}
{#- The database compares the two: in unit tests, dbt 1.8 cannot. -#}
{%- set span_s = 'greatest(' ~ var('mailjet_click_window_s') ~ ', ' ~ var('mailjet_open_window_s') ~ ')' -%}

with messages as (
    select * from {{ ref('mailjet__messages') }}
),

conversions as (
    select * from {{ ref('stg_mailjet__conversions') }}
),

sent as (
    select
        coalesce(campaign_id, '') as campaign_id,
        max(campaign_name) as campaign_name,
        count(*) as messages,
        count(case when is_known then 1 end) as messages_known,
        count(distinct user_id) as recipients_known
    from messages
    group by coalesce(campaign_id, '')
),

attributed as (
    select
        coalesce(campaign_id, '') as campaign_id,
        count(*) as conversions_attributed,
        sum(value) as value_attributed
    from {{ ref('mailjet__down_funnel') }}
    where email_id is not null
    group by coalesce(campaign_id, '')
),

pairs as (
    select
        coalesce(messages.campaign_id, '') as campaign_id,
        conversions.conversion_id,
        conversions.value,
        {{ mailjet_seconds('messages.sent_at', 'conversions.converted_at') }} as seconds_from_send
    from messages
    inner join conversions on messages.user_id = conversions.user_id
),

-- A campaign may send somebody several messages: a conversion counts once in each span.
near as (
    select
        campaign_id,
        conversion_id,
        max(value) as value,
        max(case when seconds_from_send < 0 then 1 else 0 end) as is_before,
        max(case when seconds_from_send >= 0 then 1 else 0 end) as is_after
    from pairs
    where seconds_from_send >= -{{ span_s }} and seconds_from_send < {{ span_s }}
    group by campaign_id, conversion_id
),

compared as (
    select
        campaign_id,
        sum(is_before) as conversions_before,
        sum(case when is_before = 1 then value end) as value_before,
        sum(is_after) as conversions_after,
        sum(case when is_after = 1 then value end) as value_after
    from near
    group by campaign_id
)

select
    sent.campaign_id,
    sent.campaign_name,
    sent.messages,
    sent.messages_known,
    cast(sent.messages_known as {{ mailjet_double() }}) / sent.messages as identity_coverage,
    sent.recipients_known,
    coalesce(attributed.conversions_attributed, 0) as conversions_attributed,
    coalesce(attributed.value_attributed, 0) as value_attributed,
    coalesce(compared.conversions_before, 0) as conversions_before,
    coalesce(compared.value_before, 0) as value_before,
    coalesce(compared.conversions_after, 0) as conversions_after,
    coalesce(compared.value_after, 0) as value_after
from sent
left join attributed on sent.campaign_id = attributed.campaign_id
left join compared on sent.campaign_id = compared.campaign_id
