{# The columns of every staged event: the name in the models, the name in the tables, and its type. #}
{% macro mailjet_event_columns() %}
    {{ return([
        ('email_id', 'email_id', 'text'),
        ('campaign_id', 'campaign_id', 'text'),
        ('campaign_name', 'campaign_name', 'text'),
        ('email_subject', 'email_subject', 'text'),
        ('contact_id', 'contact_id', 'text'),
        ('user_id', 'user_id', 'text'),
        ('anonymous_id', 'anonymous_id', 'text'),
        ('email', 'context_traits_email', 'text'),
        ('happened_at', 'timestamp', 'instant'),
        ('received_at', 'received_at', 'instant'),
        ('is_bot', 'is_bot', 'boolean'),
        ('is_mobile', 'is_mobile', 'boolean'),
        ('agent_browser', 'agent_browser', 'text'),
        ('agent_platform', 'agent_platform', 'text'),
        ('user_agent', 'context_user_agent', 'text'),
        ('link_url', 'link_url', 'text'),
        ('link_id', 'link_id', 'text'),
        ('click_delay_s', 'click_delay_s', 'integer'),
        ('bounce_type', 'bounce_type', 'text'),
        ('is_blocked', 'is_blocked', 'boolean'),
        ('error', 'error', 'text'),
        ('error_related_to', 'error_related_to', 'text'),
        ('smtp_reply', 'smtp_reply', 'text'),
        ('list_id', 'list_id', 'text'),
        ('complaint_source', 'complaint_source', 'text'),
        ('country', 'context_location_country', 'text'),
    ]) }}
{% endmacro %}


{# All events of one table, in the columns above. A column that the table does not have is null, and a table that is not
   there has no rows: Segment's own tables know no agents, and email_blocked is there once there is such an event. #}
{% macro mailjet_stage(stream, kind) %}
{%- set relation = source('mailjet', stream) -%}
{%- set there = mailjet_columns_there(relation) -%}
select
    {{ mailjet_staged_column(there, 'id', 'text') }} as event_id,
    '{{ stream }}' as stream,
    '{{ kind }}' as kind
    {%- for name, column, type in mailjet_event_columns() %},
    {{ mailjet_staged_column(there, column, type) }} as {{ name }}
    {%- endfor %}
from {{ relation if there else '(select 1 as nothing) as absent where 1 = 0' }}
{%- endmacro %}


{% macro mailjet_staged_column(there, name, type) %}
    {%- set types = {
        'text': mailjet_text(),
        'boolean': dbt.type_boolean(),
        'integer': dbt.type_bigint(),
        'double': mailjet_double(),
        'instant': dbt.type_timestamp(),
    } -%}
    {%- set column = there.get(name) -%}
    {%- if column is none -%}
        {{ return('cast(null as ' ~ types[type] ~ ')') }}
    {%- elif type == 'instant' -%}
        {{ return(mailjet_utc(adapter.quote(column.name), column.dtype)) }}
    {%- else -%}
        {{ return('cast(' ~ adapter.quote(column.name) ~ ' as ' ~ types[type] ~ ')') }}
    {%- endif -%}
{% endmacro %}
