-- Models that do not hold each message once.
with counts as (
    select 'campaigns' as model, sum(messages) as messages from {{ ref('mailjet__campaigns') }}
    union all
    select 'domains' as model, sum(messages) as messages from {{ ref('mailjet__domains') }}
    union all
    select 'recipients' as model, sum(messages) as messages from {{ ref('mailjet__recipients') }}
)

select counts.model, counts.messages
from counts
cross join (select count(*) as messages from {{ ref('mailjet__messages') }}) as held
where coalesce(counts.messages, 0) <> held.messages
