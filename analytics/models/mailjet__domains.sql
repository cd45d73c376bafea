with messages as (
    select * from {{ ref('mailjet__messages') }}
),

shares as (
    select
        provider,
        1.0 * count(*) / sum(count(*)) over () as share_of_messages
    from messages
    group by provider
),

named as (
    select
        messages.*,
        case
            when
                messages.provider in ('Unknown', '{{ mailjet_mailbox_providers().values() | unique | join("', '") }}')
                or shares.share_of_messages >= {{ var('mailjet_domain_share') }}
                then messages.provider
            else 'Other'
        end as shown_as
    from messages
    inner join shares on messages.provider = shares.provider
)

select
    shown_as as provider,
    -- Gmail reports none: a rate of 0 there would say nothing.
    shown_as <> 'Gmail' as reports_complaints,
    min(sent_at) as first_sent_at,
    max(sent_at) as last_sent_at,
    {{ mailjet_metric_columns() }}
from named
group by shown_as
