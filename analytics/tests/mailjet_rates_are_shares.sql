-- Rates outside 0 to 1, and audiences that do not hold the smaller one.
select campaign_id
from {{ ref('mailjet__campaigns') }}
where
    open_rate_people < 0 or open_rate_all > 1
    or click_to_open_rate_people > 1 or click_to_open_rate_all > 1
    or delivery_rate > 1 or unsubscribe_rate > 1 or complaint_rate > 1 or identity_coverage > 1
    or opened_people > opened_with_privacy or opened_with_privacy > opened_all
    or clicked_people > clicked_all
    or clicked_people > opened_people or clicked_all > opened_all
    or delivered + bounced_hard + bounced_soft + blocked > messages
