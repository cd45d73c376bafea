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
), messages as (
    select * from mailjet__messages
),

conversions as (
    select * from stg_mailjet__conversions
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
    from mailjet__down_funnel
    where email_id is not null
    group by coalesce(campaign_id, '')
),

pairs as (
    select
        coalesce(messages.campaign_id, '') as campaign_id,
        conversions.conversion_id,
        conversions.value,

        (date_diff('second', messages.sent_at::timestamp, conversions.converted_at::timestamp ))
     as seconds_from_send
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
    where seconds_from_send >= -greatest(432000, 432000) and seconds_from_send < greatest(432000, 432000)
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
    cast(sent.messages_known as double precision) / sent.messages as identity_coverage,
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
