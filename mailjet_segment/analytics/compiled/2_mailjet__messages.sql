with events as (
    select * from mailjet__events
),

-- Who the recipient is may become known later: the latest event with a user id says it, else the latest event.
ranked as (
    select
        email_id,
        user_id,
        anonymous_id,
        row_number() over (
            partition by email_id
            order by case when user_id is null then 1 else 0 end, received_at desc, happened_at desc, event_id
        ) as place
    from events
),

recipients as (
    select * from ranked where place = 1
),

-- A contact may become known, or get another user id, between two messages: all of them are of one recipient.
ranked_contacts as (
    select
        contact_id,
        user_id,
        row_number() over (partition by contact_id order by max(received_at) desc, user_id) as place
    from events
    where contact_id is not null and user_id is not null
    group by contact_id, user_id
),

known_contacts as (
    select * from ranked_contacts where place = 1
),

-- A campaign may be renamed: the name that was read last counts.
ranked_names as (
    select
        campaign_id,
        campaign_name,
        row_number() over (partition by campaign_id order by max(received_at) desc, campaign_name) as place
    from events
    where campaign_id is not null and campaign_name is not null
    group by campaign_id, campaign_name
),

campaign_names as (
    select * from ranked_names where place = 1
),

gathered as (
    select
        email_id,
        max(campaign_id) as campaign_id,
        max(campaign_name) as campaign_name,
        max(email_subject) as email_subject,
        max(contact_id) as contact_id,
        max(email) as email,
        min(happened_at) as first_event_at,
        min(case when kind in ('delivered', 'bounced', 'blocked') then happened_at end) as first_outcome_at,
        min(case when kind = 'delivered' then happened_at end) as delivered_at,
        min(case when kind = 'blocked' then happened_at end) as blocked_at,
        max(case when kind = 'bounced' and bounce_type = 'hard' then happened_at end) as hard_bounced_at,
        max(case when kind = 'bounced' and coalesce(bounce_type, '') <> 'hard' then happened_at end) as soft_bounced_at,
        max(case when kind = 'bounced' and bounce_type = 'hard' then error end) as hard_bounce_error,
        max(case when kind = 'bounced' and coalesce(bounce_type, '') <> 'hard' then error end) as soft_bounce_error,
        -- What a proxy fetched is no time at which somebody read: the click that confirms it is one.
        min(case
            when kind = 'opened' and actor = 'human' and actor_rule <> 'confirmed_by_click' then happened_at
        end) as seen_open_at,
        min(case when kind = 'opened' and actor = 'likely_privacy' then happened_at end) as first_privacy_open_at,
        min(case when kind = 'opened' and actor in ('bot', 'likely_scanner') then happened_at end) as first_bot_open_at,
        min(case when kind = 'clicked' and actor = 'human' then happened_at end) as first_click_at,
        min(case when kind = 'clicked' and actor in ('bot', 'likely_scanner') then happened_at end) as first_bot_click_at,
        min(case when kind = 'unsubscribed' then happened_at end) as unsubscribed_at,
        min(case when kind = 'complained' then happened_at end) as complained_at,
        count(case when kind = 'opened' and actor = 'human' then 1 end) as opens_human,
        count(case when kind = 'opened' and actor = 'likely_privacy' then 1 end) as opens_privacy,
        count(case when kind = 'opened' and actor in ('bot', 'likely_scanner') then 1 end) as opens_bot,
        count(case when kind = 'clicked' and actor = 'human' then 1 end) as clicks_human,
        count(case when kind = 'clicked' and actor in ('bot', 'likely_scanner') then 1 end) as clicks_bot
    from events
    group by email_id
),

placed as (
    select
        gathered.*,
        coalesce(hard_bounced_at, soft_bounced_at) as bounced_at,
        case
            when hard_bounced_at is not null then 'hard'
            when soft_bounced_at is not null then 'soft'
        end as bounce_type,
        coalesce(hard_bounce_error, soft_bounce_error) as bounce_error,
        case
            when seen_open_at <= first_click_at or first_click_at is null then seen_open_at
            else first_click_at
        end as first_open_at,
        case when email like '%@%' then lower(
    string_split(email, '@')[ -1 ]
) end as domain
    from gathered
),

judged as (
    select
        placed.*,
        case
            when bounced_at is not null and (delivered_at is null or bounced_at >= delivered_at) then bounce_type
            when delivered_at is not null then 'delivered'
            when blocked_at is not null then 'blocked'
            else 'unknown'
        end as outcome
    from placed
),

providers as (
    select '126.com' as domain, 'NetEase' as provider
    union all
    select '163.com' as domain, 'NetEase' as provider
    union all
    select 'abv.bg' as domain, 'Abv' as provider
    union all
    select 'aim.com' as domain, 'Yahoo' as provider
    union all
    select 'alice.it' as domain, 'TIM' as provider
    union all
    select 'aol.co.uk' as domain, 'Yahoo' as provider
    union all
    select 'aol.com' as domain, 'Yahoo' as provider
    union all
    select 'aol.de' as domain, 'Yahoo' as provider
    union all
    select 'aol.fr' as domain, 'Yahoo' as provider
    union all
    select 'att.net' as domain, 'Yahoo' as provider
    union all
    select 'au.com' as domain, 'au' as provider
    union all
    select 'bbox.fr' as domain, 'Bouygues' as provider
    union all
    select 'bell.net' as domain, 'Bell' as provider
    union all
    select 'bellsouth.net' as domain, 'Yahoo' as provider
    union all
    select 'bigpond.com' as domain, 'Telstra' as provider
    union all
    select 'bigpond.net.au' as domain, 'Telstra' as provider
    union all
    select 'bk.ru' as domain, 'Mail.ru' as provider
    union all
    select 'bluewin.ch' as domain, 'Bluewin' as provider
    union all
    select 'blueyonder.co.uk' as domain, 'Virgin Media' as provider
    union all
    select 'bol.com.br' as domain, 'UOL' as provider
    union all
    select 'btinternet.com' as domain, 'BT' as provider
    union all
    select 'cegetel.net' as domain, 'SFR' as provider
    union all
    select 'centrum.cz' as domain, 'Centrum' as provider
    union all
    select 'charter.net' as domain, 'Charter' as provider
    union all
    select 'citromail.hu' as domain, 'Freemail' as provider
    union all
    select 'club-internet.fr' as domain, 'SFR' as provider
    union all
    select 'comcast.net' as domain, 'Comcast' as provider
    union all
    select 'cox.net' as domain, 'Cox' as provider
    union all
    select 'daum.net' as domain, 'Daum' as provider
    union all
    select 'docomo.ne.jp' as domain, 'NTT Docomo' as provider
    union all
    select 'earthlink.net' as domain, 'EarthLink' as provider
    union all
    select 'email.com' as domain, 'mail.com' as provider
    union all
    select 'email.cz' as domain, 'Seznam' as provider
    union all
    select 'ezweb.ne.jp' as domain, 'au' as provider
    union all
    select 'fastmail.com' as domain, 'Fastmail' as provider
    union all
    select 'fastmail.fm' as domain, 'Fastmail' as provider
    union all
    select 'foxmail.com' as domain, 'Tencent' as provider
    union all
    select 'free.fr' as domain, 'Free' as provider
    union all
    select 'freemail.hu' as domain, 'Freemail' as provider
    union all
    select 'freenet.de' as domain, 'freenet' as provider
    union all
    select 'gmail.com' as domain, 'Gmail' as provider
    union all
    select 'gmx.at' as domain, 'GMX' as provider
    union all
    select 'gmx.ch' as domain, 'GMX' as provider
    union all
    select 'gmx.co.uk' as domain, 'GMX' as provider
    union all
    select 'gmx.com' as domain, 'GMX' as provider
    union all
    select 'gmx.de' as domain, 'GMX' as provider
    union all
    select 'gmx.fr' as domain, 'GMX' as provider
    union all
    select 'gmx.net' as domain, 'GMX' as provider
    union all
    select 'googlemail.com' as domain, 'Gmail' as provider
    union all
    select 'hanmail.net' as domain, 'Daum' as provider
    union all
    select 'hetnet.nl' as domain, 'KPN' as provider
    union all
    select 'home.nl' as domain, 'Ziggo' as provider
    union all
    select 'hotmail.be' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.ca' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.ch' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.co.uk' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.com' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.com.ar' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.com.br' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.de' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.dk' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.es' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.fr' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.gr' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.it' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.nl' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.no' as domain, 'Microsoft' as provider
    union all
    select 'hotmail.se' as domain, 'Microsoft' as provider
    union all
    select 'i.softbank.jp' as domain, 'SoftBank' as provider
    union all
    select 'icloud.com' as domain, 'Apple' as provider
    union all
    select 'ig.com.br' as domain, 'iG' as provider
    union all
    select 'inbox.ru' as domain, 'Mail.ru' as provider
    union all
    select 'interia.pl' as domain, 'Interia' as provider
    union all
    select 'internet.ru' as domain, 'Mail.ru' as provider
    union all
    select 'inwind.it' as domain, 'Libero' as provider
    union all
    select 'iol.it' as domain, 'Libero' as provider
    union all
    select 'kakao.com' as domain, 'Daum' as provider
    union all
    select 'kpnmail.nl' as domain, 'KPN' as provider
    union all
    select 'laposte.net' as domain, 'La Poste' as provider
    union all
    select 'libero.it' as domain, 'Libero' as provider
    union all
    select 'list.ru' as domain, 'Mail.ru' as provider
    union all
    select 'live.at' as domain, 'Microsoft' as provider
    union all
    select 'live.be' as domain, 'Microsoft' as provider
    union all
    select 'live.ca' as domain, 'Microsoft' as provider
    union all
    select 'live.co.uk' as domain, 'Microsoft' as provider
    union all
    select 'live.com' as domain, 'Microsoft' as provider
    union all
    select 'live.com.au' as domain, 'Microsoft' as provider
    union all
    select 'live.com.mx' as domain, 'Microsoft' as provider
    union all
    select 'live.de' as domain, 'Microsoft' as provider
    union all
    select 'live.dk' as domain, 'Microsoft' as provider
    union all
    select 'live.fr' as domain, 'Microsoft' as provider
    union all
    select 'live.it' as domain, 'Microsoft' as provider
    union all
    select 'live.nl' as domain, 'Microsoft' as provider
    union all
    select 'live.no' as domain, 'Microsoft' as provider
    union all
    select 'live.se' as domain, 'Microsoft' as provider
    union all
    select 'mac.com' as domain, 'Apple' as provider
    union all
    select 'magenta.de' as domain, 'T-Online' as provider
    union all
    select 'mail.com' as domain, 'mail.com' as provider
    union all
    select 'mail.ru' as domain, 'Mail.ru' as provider
    union all
    select 'mailbox.org' as domain, 'mailbox.org' as provider
    union all
    select 'me.com' as domain, 'Apple' as provider
    union all
    select 'msn.com' as domain, 'Microsoft' as provider
    union all
    select 'myyahoo.com' as domain, 'Yahoo' as provider
    union all
    select 'naver.com' as domain, 'Naver' as provider
    union all
    select 'netscape.net' as domain, 'Yahoo' as provider
    union all
    select 'neuf.fr' as domain, 'SFR' as provider
    union all
    select 'ntlworld.com' as domain, 'Virgin Media' as provider
    union all
    select 'o2.pl' as domain, 'WP' as provider
    union all
    select 'onet.pl' as domain, 'Onet' as provider
    union all
    select 'op.pl' as domain, 'Onet' as provider
    union all
    select 'optusnet.com.au' as domain, 'Optus' as provider
    union all
    select 'orange.fr' as domain, 'Orange' as provider
    union all
    select 'outlook.at' as domain, 'Microsoft' as provider
    union all
    select 'outlook.be' as domain, 'Microsoft' as provider
    union all
    select 'outlook.com' as domain, 'Microsoft' as provider
    union all
    select 'outlook.com.au' as domain, 'Microsoft' as provider
    union all
    select 'outlook.com.br' as domain, 'Microsoft' as provider
    union all
    select 'outlook.de' as domain, 'Microsoft' as provider
    union all
    select 'outlook.dk' as domain, 'Microsoft' as provider
    union all
    select 'outlook.es' as domain, 'Microsoft' as provider
    union all
    select 'outlook.fr' as domain, 'Microsoft' as provider
    union all
    select 'outlook.it' as domain, 'Microsoft' as provider
    union all
    select 'outlook.jp' as domain, 'Microsoft' as provider
    union all
    select 'outlook.pt' as domain, 'Microsoft' as provider
    union all
    select 'passport.com' as domain, 'Microsoft' as provider
    union all
    select 'planet.nl' as domain, 'KPN' as provider
    union all
    select 'pm.me' as domain, 'Proton' as provider
    union all
    select 'poczta.onet.pl' as domain, 'Onet' as provider
    union all
    select 'post.cz' as domain, 'Seznam' as provider
    union all
    select 'posteo.de' as domain, 'Posteo' as provider
    union all
    select 'posteo.net' as domain, 'Posteo' as provider
    union all
    select 'privaterelay.appleid.com' as domain, 'Apple' as provider
    union all
    select 'proton.me' as domain, 'Proton' as provider
    union all
    select 'protonmail.ch' as domain, 'Proton' as provider
    union all
    select 'protonmail.com' as domain, 'Proton' as provider
    union all
    select 'proximus.be' as domain, 'Proximus' as provider
    union all
    select 'qq.com' as domain, 'Tencent' as provider
    union all
    select 'rambler.ru' as domain, 'Rambler' as provider
    union all
    select 'rediffmail.com' as domain, 'Rediff' as provider
    union all
    select 'rocketmail.com' as domain, 'Yahoo' as provider
    union all
    select 'rogers.com' as domain, 'Rogers' as provider
    union all
    select 'sbcglobal.net' as domain, 'Yahoo' as provider
    union all
    select 'seznam.cz' as domain, 'Seznam' as provider
    union all
    select 'sfr.fr' as domain, 'SFR' as provider
    union all
    select 'shaw.ca' as domain, 'Shaw' as provider
    union all
    select 'sina.cn' as domain, 'Sina' as provider
    union all
    select 'sina.com' as domain, 'Sina' as provider
    union all
    select 'sky.com' as domain, 'Yahoo' as provider
    union all
    select 'skynet.be' as domain, 'Proximus' as provider
    union all
    select 'softbank.ne.jp' as domain, 'SoftBank' as provider
    union all
    select 'spectrum.net' as domain, 'Charter' as provider
    union all
    select 'sympatico.ca' as domain, 'Bell' as provider
    union all
    select 't-online.de' as domain, 'T-Online' as provider
    union all
    select 'talktalk.net' as domain, 'TalkTalk' as provider
    union all
    select 'telenet.be' as domain, 'Telenet' as provider
    union all
    select 'terra.com.br' as domain, 'Terra' as provider
    union all
    select 'tim.it' as domain, 'TIM' as provider
    union all
    select 'tin.it' as domain, 'TIM' as provider
    union all
    select 'tiscali.it' as domain, 'Tiscali' as provider
    union all
    select 'tuta.com' as domain, 'Tuta' as provider
    union all
    select 'tuta.io' as domain, 'Tuta' as provider
    union all
    select 'tutanota.com' as domain, 'Tuta' as provider
    union all
    select 'tutanota.de' as domain, 'Tuta' as provider
    union all
    select 'ukr.net' as domain, 'Ukr.net' as provider
    union all
    select 'uol.com.br' as domain, 'UOL' as provider
    union all
    select 'verizon.net' as domain, 'Yahoo' as provider
    union all
    select 'videotron.ca' as domain, 'Videotron' as provider
    union all
    select 'virgilio.it' as domain, 'Libero' as provider
    union all
    select 'virginmedia.com' as domain, 'Virgin Media' as provider
    union all
    select 'vp.pl' as domain, 'Onet' as provider
    union all
    select 'wanadoo.fr' as domain, 'Orange' as provider
    union all
    select 'web.de' as domain, 'WEB.DE' as provider
    union all
    select 'windowslive.com' as domain, 'Microsoft' as provider
    union all
    select 'wp.pl' as domain, 'WP' as provider
    union all
    select 'ya.ru' as domain, 'Yandex' as provider
    union all
    select 'yahoo.be' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.ca' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.co.id' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.co.in' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.co.jp' as domain, 'Yahoo Japan' as provider
    union all
    select 'yahoo.co.uk' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.ar' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.au' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.br' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.hk' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.mx' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.ph' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.sg' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.tr' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.com.tw' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.de' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.dk' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.es' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.fr' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.gr' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.ie' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.in' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.it' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.nl' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.no' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.pl' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.ro' as domain, 'Yahoo' as provider
    union all
    select 'yahoo.se' as domain, 'Yahoo' as provider
    union all
    select 'yandex.com' as domain, 'Yandex' as provider
    union all
    select 'yandex.ru' as domain, 'Yandex' as provider
    union all
    select 'ybb.ne.jp' as domain, 'Yahoo Japan' as provider
    union all
    select 'yeah.net' as domain, 'NetEase' as provider
    union all
    select 'ymail.com' as domain, 'Yahoo' as provider
    union all
    select 'ziggo.nl' as domain, 'Ziggo' as provider
    union all
    select 'zoho.com' as domain, 'Zoho' as provider
    union all
    select 'zohomail.com' as domain, 'Zoho' as provider
    union all
    select 'zohomail.eu' as domain, 'Zoho' as provider
)

select
    judged.email_id,
    judged.campaign_id,
    coalesce(campaign_names.campaign_name, judged.campaign_name) as campaign_name,
    judged.email_subject,
    coalesce(known_contacts.user_id, recipients.user_id, recipients.anonymous_id) as recipient,
    recipients.user_id,
    recipients.anonymous_id,
    judged.contact_id,
    judged.email,
    judged.domain,
    coalesce(providers.provider, judged.domain, 'Unknown') as provider,
    coalesce(judged.first_outcome_at, judged.first_event_at) as sent_at,
    judged.outcome,
    judged.delivered_at,
    judged.bounced_at,
    judged.bounce_type,
    judged.bounce_error,
    judged.first_open_at,
    judged.first_privacy_open_at,
    judged.first_bot_open_at,
    judged.first_click_at,
    judged.first_bot_click_at,
    judged.unsubscribed_at,
    judged.complained_at,
    case
        when judged.first_open_at < judged.delivered_at then 0
        else
        (date_diff('second', judged.delivered_at::timestamp, judged.first_open_at::timestamp ))

    end as seconds_to_open,
    case
        when judged.first_click_at < judged.delivered_at then 0
        else
        (date_diff('second', judged.delivered_at::timestamp, judged.first_click_at::timestamp ))

    end as seconds_to_click,
    judged.opens_human,
    judged.opens_privacy,
    judged.opens_bot,
    judged.clicks_human,
    judged.clicks_bot,
    judged.outcome = 'delivered' as was_delivered,
    judged.outcome in ('hard', 'soft') as was_bounced,
    judged.opens_human + judged.clicks_human > 0 as opened_people,
    judged.opens_human + judged.clicks_human + judged.opens_privacy > 0 as opened_with_privacy,
    judged.opens_human + judged.clicks_human + judged.opens_privacy + judged.opens_bot + judged.clicks_bot > 0
        as opened_all,
    judged.clicks_human > 0 as clicked_people,
    judged.clicks_human > 0 as clicked_with_privacy,
    judged.clicks_human + judged.clicks_bot > 0 as clicked_all,
    recipients.user_id is not null as is_known
from judged
inner join recipients on judged.email_id = recipients.email_id
left join known_contacts on judged.contact_id = known_contacts.contact_id
left join campaign_names on judged.campaign_id = campaign_names.campaign_id
left join providers on judged.domain = providers.domain
