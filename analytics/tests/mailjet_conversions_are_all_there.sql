{{ config(enabled=var('mailjet_conversions', none) is not none) }}
-- Attributed and not attributed, conversions and their values are those of the table.
with counted as (
    select
        (select count(*) from {{ ref('stg_mailjet__conversions') }}) as conversions,
        (select count(*) from {{ ref('mailjet__down_funnel') }}) as in_down_funnel,
        (select coalesce(sum(conversions_attributed), 0) from {{ ref('mailjet__down_funnel_campaigns') }}) as in_campaigns,
        (select count(*) from {{ ref('mailjet__down_funnel') }} where email_id is not null) as attributed,
        (select coalesce(sum(value), 0) from {{ ref('stg_mailjet__conversions') }}) as value,
        (select coalesce(sum(value), 0) from {{ ref('mailjet__down_funnel') }}) as value_in_down_funnel
)

select *
from counted
where
    conversions <> in_down_funnel
    or attributed <> in_campaigns
    or abs(value - value_in_down_funnel) > 0.000001 * (1 + abs(value))
