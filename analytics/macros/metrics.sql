{# Written by `make models` from analytics/metrics.yml: change that. #}
{% macro mailjet_metric_columns() -%}
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
    cast(count(case when was_delivered then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as delivery_rate,
    cast(count(case when outcome = 'hard' then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as hard_bounce_rate,
    cast(count(case when outcome = 'soft' then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered or was_bounced then 1 end), 0) as soft_bounce_rate,
    cast(count(case when was_delivered and opened_people then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_people,
    cast(count(case when was_delivered and opened_with_privacy then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_with_privacy,
    cast(count(case when was_delivered and opened_all then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as open_rate_all,
    cast(count(case when was_delivered and opened_with_privacy and not opened_people then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as privacy_open_share,
    cast(count(case when was_delivered and opened_all and not opened_with_privacy then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as bot_open_share,
    cast(count(case when was_delivered and clicked_people then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_people,
    cast(count(case when was_delivered and clicked_with_privacy then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_with_privacy,
    cast(count(case when was_delivered and clicked_all then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as click_rate_all,
    cast(count(case when was_delivered and clicked_people then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered and opened_people then 1 end), 0) as click_to_open_rate_people,
    cast(count(case when was_delivered and clicked_with_privacy then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered and opened_with_privacy then 1 end), 0) as click_to_open_rate_with_privacy,
    cast(count(case when was_delivered and clicked_all then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered and opened_all then 1 end), 0) as click_to_open_rate_all,
    cast(count(case when was_delivered and unsubscribed_at is not null then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as unsubscribe_rate,
    cast(count(case when was_delivered and complained_at is not null then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when was_delivered then 1 end), 0) as complaint_rate,
    cast(count(case when is_known then 1 end) as {{ mailjet_double() }})
        / nullif(count(case when true then 1 end), 0) as identity_coverage,
    {{ mailjet_percentile("case when was_delivered then seconds_to_open end", 0.5) }} as median_seconds_to_open,
    {{ mailjet_percentile("case when was_delivered then seconds_to_open end", 0.9) }} as p90_seconds_to_open
{%- endmacro %}
