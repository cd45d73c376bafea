{{ config(
    enabled=var('mailjet_conversions', none) is not none,
    materialized=var('mailjet_staging_materialized', 'view'),
) }}

{#- Every conversion once: of two with one id the earlier counts. One without an id stays, and fails the test of the id. -#}
{%- set relation = source('mailjet_conversions', 'conversions') -%}
{%- set there = mailjet_conversion_columns(relation) -%}
{%- set event = var('mailjet_conversion_event', none) -%}
{%- set table_name = "'" ~ relation.identifier ~ "'" -%}

with named as (
    select
        {{ mailjet_staged_column(there, var('mailjet_conversion_id') | lower, 'text') }} as conversion_id,
        nullif(trim({{ mailjet_staged_column(there, var('mailjet_conversion_user') | lower, 'text') }}), '') as user_id,
        {{ mailjet_staged_column(there, var('mailjet_conversion_time') | lower, 'instant') }} as converted_at,
        {{ mailjet_staged_column(there, 'event', 'text') if 'event' in there else table_name }} as conversion_event,
        {{ mailjet_staged_column(there, var('mailjet_conversion_value') | lower, 'double') }} as value
    from {{ relation }}
),

numbered as (
    select
        named.*,
        row_number() over (partition by conversion_id order by converted_at, user_id, value) as copy_number
    from named
    {%- if event is not none %}
    where conversion_event = '{{ event }}'
    {%- endif %}
)

select
    conversion_id,
    user_id,
    converted_at,
    conversion_event,
    value
from numbered
where copy_number = 1 or conversion_id is null
