with messages as (
    select * from mailjet__messages
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
                messages.provider in ('Unknown', 'NetEase', 'Abv', 'Yahoo', 'TIM', 'au', 'Bouygues', 'Bell', 'Telstra', 'Mail.ru', 'Bluewin', 'Virgin Media', 'UOL', 'BT', 'SFR', 'Centrum', 'Charter', 'Freemail', 'Comcast', 'Cox', 'Daum', 'NTT Docomo', 'EarthLink', 'mail.com', 'Seznam', 'Fastmail', 'Tencent', 'Free', 'freenet', 'Gmail', 'GMX', 'KPN', 'Ziggo', 'Microsoft', 'SoftBank', 'Apple', 'iG', 'Interia', 'Libero', 'La Poste', 'T-Online', 'mailbox.org', 'Naver', 'WP', 'Onet', 'Optus', 'Orange', 'Proton', 'Posteo', 'Proximus', 'Rambler', 'Rediff', 'Rogers', 'Shaw', 'Sina', 'TalkTalk', 'Telenet', 'Terra', 'Tiscali', 'Tuta', 'Ukr.net', 'Videotron', 'WEB.DE', 'Yandex', 'Yahoo Japan', 'Zoho')
                or shares.share_of_messages >= 0.01
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
    count(case when true then 1 end) as messages,
    count(case when is_known then 1 end) as known,
    count(case when was_delivered then 1 end) as delivered,
    count(case when outcome = 'hard' then 1 end) as bounced_hard,
    count(case when outcome = 'soft' then 1 end) as bounced_soft,
    count(case when outcome = 'blocked' then 1 end) as blocked,
    count(case when was_delivered and opened_people then 1 end) as opened_people,
    count(case when was_delivered and opened_with_privacy then 1 end) as opened_with_privacy,
    count(case when was_delivered and opened_all then 1 end) as opened_all,
    count(case when was_delivered and clicked_people then 1 end) as clicked_people,
    count(case when was_delivered and clicked_with_privacy then 1 end) as clicked_with_privacy,
    count(case when was_delivered and clicked_all then 1 end) as clicked_all,
    count(case when was_delivered and unsubscribed_at is not null then 1 end) as unsubscribed,
    count(case when was_delivered and complained_at is not null then 1 end) as complained,
    cast(count(case when was_delivered then 1 end) as double precision)
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as delivery_rate,
    cast(count(case when outcome = 'hard' then 1 end) as double precision)
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as hard_bounce_rate,
    cast(count(case when outcome = 'soft' then 1 end) as double precision)
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as soft_bounce_rate,
    cast(count(case when was_delivered and opened_people then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_people,
    cast(count(case when was_delivered and opened_with_privacy then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_with_privacy,
    cast(count(case when was_delivered and opened_all then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_all,
    cast(count(case when was_delivered and opened_with_privacy and not opened_people then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as privacy_open_share,
    cast(count(case when was_delivered and opened_all and not opened_with_privacy then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as bot_open_share,
    cast(count(case when was_delivered and clicked_people then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_people,
    cast(count(case when was_delivered and clicked_with_privacy then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_with_privacy,
    cast(count(case when was_delivered and clicked_all then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_all,
    cast(count(case when was_delivered and clicked_people then 1 end) as double precision)
        / nullif(count(case when was_delivered and opened_people then 1 end), 0) as click_to_open_rate_people,
    cast(count(case when was_delivered and clicked_with_privacy then 1 end) as double precision)
        / nullif(count(case when was_delivered and opened_with_privacy then 1 end), 0) as click_to_open_rate_with_privacy,
    cast(count(case when was_delivered and clicked_all then 1 end) as double precision)
        / nullif(count(case when was_delivered and opened_all then 1 end), 0) as click_to_open_rate_all,
    cast(count(case when was_delivered and unsubscribed_at is not null then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as unsubscribe_rate,
    cast(count(case when was_delivered and complained_at is not null then 1 end) as double precision)
        / nullif(count(case when was_delivered then 1 end), 0) as complaint_rate,
    cast(count(case when is_known then 1 end) as double precision)
        / nullif(count(case when true then 1 end), 0) as identity_coverage,
    percentile_cont(0.5) within group (order by case when was_delivered then seconds_to_open end) as median_seconds_to_open,
    percentile_cont(0.9) within group (order by case when was_delivered then seconds_to_open end) as p90_seconds_to_open
from named
group by shown_as
