-- Opens and clicks have an actor and a rule; other events have none.
select event_id, kind, actor, actor_rule
from {{ ref('mailjet__events') }}
where
    (kind in ('opened', 'clicked') and (actor is null or actor_rule is null))
    or (kind not in ('opened', 'clicked') and (actor is not null or actor_rule is not null))
