with messages as (
    select
        messages.*,

        (date_diff('second', lag(messages.sent_at) over (partition by messages.recipient order by messages.sent_at, messages.email_id)::timestamp, messages.sent_at::timestamp ))
     as seconds_since_previous,
        row_number() over (
            partition by messages.recipient order by messages.sent_at desc, messages.email_id desc
        ) as place
    from mailjet__messages as messages
),

latest as (
    select * from messages where place = 1
),

-- The models look at people as of the last event, not of today: the same tables always give the same states.
now_of_tables as (
    select max(happened_at) as as_of from mailjet__events
),

reactions as (
    select
        messages.recipient,
        max(case when events.kind = 'opened' and events.actor = 'human' then events.happened_at end) as last_open_at,
        max(case when events.kind = 'clicked' and events.actor = 'human' then events.happened_at end) as last_click_at,
        max(case when events.actor = 'human' then events.happened_at end) as last_reaction_at,
        max(case when events.actor = 'likely_privacy' then events.happened_at end) as last_privacy_open_at
    from mailjet__events as events
    inner join messages on events.email_id = messages.email_id
    where events.kind in ('opened', 'clicked')
    group by messages.recipient
),

deliveries as (
    select
        recipient,
        max(case when was_delivered then sent_at end) as last_delivered_at
    from messages
    group by recipient
),

gathered as (
    select
        messages.recipient,
        min(messages.sent_at) as first_sent_at,
        max(messages.sent_at) as last_sent_at,
        count(*) as messages,
        count(case when messages.was_delivered and messages.opened_people then 1 end) as opened,
        count(case when messages.was_delivered and messages.clicked_people then 1 end) as clicked,
        count(case when messages.outcome = 'hard' then 1 end) as bounced_hard,
        min(messages.unsubscribed_at) as unsubscribed_at,
        min(messages.complained_at) as complained_at,
        count(case
            when
                messages.was_bounced
                and (deliveries.last_delivered_at is null or messages.sent_at > deliveries.last_delivered_at)
                then 1
        end) as bounces_in_a_row,
        count(case
            when
                messages.outcome = 'hard'
                and (deliveries.last_delivered_at is null or messages.sent_at > deliveries.last_delivered_at)
                then 1
        end) as hard_bounces_in_a_row,
        percentile_cont(0.5) within group (order by messages.seconds_since_previous) / 86400.0 as typical_days_between_sends
    from messages
    inner join deliveries on messages.recipient = deliveries.recipient
    group by messages.recipient
),

measured as (
    select
        gathered.*,
        reactions.last_open_at,
        reactions.last_click_at,
        reactions.last_reaction_at,
        reactions.last_privacy_open_at,
        case
            when
                gathered.typical_days_between_sends is null
                or gathered.typical_days_between_sends > 30
                then 30
            when gathered.typical_days_between_sends < 7
                then 7
            else gathered.typical_days_between_sends
        end as cadence_days,

        (date_diff('second', coalesce(reactions.last_reaction_at, gathered.first_sent_at)::timestamp, now_of_tables.as_of::timestamp ))
     / 86400.0 as silent_days,

        (date_diff('second', reactions.last_privacy_open_at::timestamp, now_of_tables.as_of::timestamp ))
     / 86400.0 as days_since_privacy_open
    from gathered
    cross join now_of_tables
    left join reactions on gathered.recipient = reactions.recipient
),

judged as (
    select
        measured.*,
        case
            when complained_at is not null or unsubscribed_at is not null then 'objected'
            when hard_bounces_in_a_row > 0 or bounces_in_a_row >= 3
                then 'unreachable'
            when silent_days <= cadence_days * 4
                then case when last_reaction_at is null then 'new' else 'engaged' end
            when silent_days <= cadence_days * 12 then 'lapsing'
            -- Behind a privacy proxy nobody can see who reads.
            when days_since_privacy_open <= cadence_days * 12 then 'lapsing'
            else 'dormant'
        end as state
    from measured
)

select
    judged.recipient,
    latest.user_id,
    latest.email,
    latest.domain,
    judged.state,
    case
        when judged.complained_at is not null
            then 'marked a message as spam on ' || cast(cast(judged.complained_at as date) as TEXT)
        when judged.unsubscribed_at is not null
            then 'unsubscribed on ' || cast(cast(judged.unsubscribed_at as date) as TEXT)
        when judged.hard_bounces_in_a_row > 0 then 'hard bounce, and nothing delivered since'
        when judged.state = 'unreachable'
            then 'bounces in a row: ' || cast(cast(floor(judged.bounces_in_a_row) as integer) as TEXT)
        when judged.last_reaction_at is not null
            then 'last open or click ' || cast(cast(floor(judged.silent_days) as integer) as TEXT) || ' days before the last event, at a message every ' || cast(cast(floor(judged.cadence_days) as integer) as TEXT) || ' days'
        when judged.state = 'lapsing' and judged.last_privacy_open_at is not null
            then 'opened by a privacy proxy only, so nobody can see who reads'
        else 'no open or click in ' || cast(cast(floor(judged.silent_days) as integer) as TEXT) || ' days since the first message, at a message every ' || cast(cast(floor(judged.cadence_days) as integer) as TEXT) || ' days'
    end as state_reason,
    judged.first_sent_at,
    judged.last_sent_at,
    judged.last_open_at,
    judged.last_click_at,
    judged.messages,
    judged.opened,
    judged.clicked,
    judged.bounced_hard,
    judged.unsubscribed_at,
    judged.complained_at,
    judged.typical_days_between_sends
from judged
inner join latest on judged.recipient = latest.recipient
