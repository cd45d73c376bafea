-- A link of a campaign that has two rows.
select campaign_id, link_id
from {{ ref('mailjet__links') }}
group by campaign_id, link_id
having count(*) > 1
