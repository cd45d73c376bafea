-- Words that no reader of the models expects.
select 'kind' as name, kind as word from {{ ref('mailjet__events') }}
where kind not in ('delivered', 'opened', 'clicked', 'unsubscribed', 'bounced', 'complained', 'blocked')
union all
select 'actor' as name, actor as word from {{ ref('mailjet__events') }}
where actor not in ('human', 'likely_privacy', 'likely_scanner', 'bot')
union all
select 'actor_rule' as name, actor_rule as word from {{ ref('mailjet__events') }}
where actor_rule not in (
    'flagged_by_mailjet', 'agent_of_software', 'links_at_once', 'faster_than_people', 'open_beside_scanner',
    'prefetch_agent', 'prefetch_at_delivery', 'confirmed_by_click', 'no_sign_of_software'
)
union all
select 'outcome' as name, outcome as word from {{ ref('mailjet__messages') }}
where outcome not in ('delivered', 'hard', 'soft', 'blocked', 'unknown')
union all
select 'bounce_type' as name, bounce_type as word from {{ ref('mailjet__messages') }}
where bounce_type not in ('hard', 'soft')
union all
select 'state' as name, state as word from {{ ref('mailjet__recipients') }}
where state not in ('new', 'engaged', 'lapsing', 'dormant', 'unreachable', 'objected')
