{{ config(enabled=var('mailjet_conversions', none) is not none) }}
-- Conversions with half an attribution, with a word that no reader expects, or outside of the window.
select conversion_id, email_id, touch, seconds_from_touch
from {{ ref('mailjet__down_funnel') }}
where
    (email_id is null and (touch is not null or touched_at is not null or seconds_from_touch is not null))
    or (
        email_id is not null
        and not (
            (touch = 'click' and seconds_from_touch >= 0 and seconds_from_touch < {{ var('mailjet_click_window_s') }})
            or (touch = 'open' and seconds_from_touch >= 0 and seconds_from_touch < {{ var('mailjet_open_window_s') }})
        )
    )
