select
    coalesce(campaign_id, '') as campaign_id,
    max(campaign_name) as campaign_name,
    -- Subjects that are filled for each recipient would name people.
    case when min(email_subject) = max(email_subject) then min(email_subject) end as email_subject,
    min(sent_at) as first_sent_at,
    max(sent_at) as last_sent_at,
    {{ mailjet_metric_columns() }}
from {{ ref('mailjet__messages') }}
group by coalesce(campaign_id, '')
