{# What dbt's own macros do not cover of the differences between databases. #}

{# An instant as a timestamp in UTC without a time zone, whatever the time zone of the session. #}
{% macro mailjet_utc(expression, data_type) %}
    {{ return(adapter.dispatch('mailjet_utc', 'mailjet')(expression, data_type | lower)) }}
{% endmacro %}

{% macro default__mailjet_utc(expression, data_type) %}
    {%- if 'with time zone' in data_type or data_type == 'timestamptz' -%}
        {{ return('cast(' ~ expression ~ " at time zone 'UTC' as " ~ dbt.type_timestamp() ~ ')') }}
    {%- endif -%}
    {{ return('cast(' ~ expression ~ ' as ' ~ dbt.type_timestamp() ~ ')') }}
{% endmacro %}

{# `at time zone` would give a time without a zone the zone of the session. #}
{% macro duckdb__mailjet_utc(expression, data_type) %}
    {{ return('make_timestamp(epoch_us(' ~ expression ~ '))') }}
{% endmacro %}

{# A timestamp of BigQuery is in UTC. #}
{% macro bigquery__mailjet_utc(expression, data_type) %}
    {{ return('cast(' ~ expression ~ ' as timestamp)') }}
{% endmacro %}

{% macro snowflake__mailjet_utc(expression, data_type) %}
    {%- if 'ntz' in data_type -%}
        {{ return(expression) }}
    {%- endif -%}
    {{ return("cast(convert_timezone('UTC', " ~ expression ~ ') as timestamp_ntz)') }}
{% endmacro %}


{% macro mailjet_text() %}
    {{ return(adapter.dispatch('mailjet_text', 'mailjet')()) }}
{% endmacro %}

{% macro default__mailjet_text() %}
    {{ return(dbt.type_string()) }}
{% endmacro %}

{# Redshift cuts a `text` after 256 bytes, and links are longer. #}
{% macro redshift__mailjet_text() %}
    {{ return('varchar(65535)') }}
{% endmacro %}


{% macro mailjet_double() %}
    {{ return(adapter.dispatch('mailjet_double', 'mailjet')()) }}
{% endmacro %}

{% macro default__mailjet_double() %}
    {{ return('double precision') }}
{% endmacro %}

{% macro bigquery__mailjet_double() %}
    {{ return('float64') }}
{% endmacro %}


{# The value that a share of the rows of a group stays below, nulls left out. #}
{% macro mailjet_percentile(expression, share) %}
    {{ return(adapter.dispatch('mailjet_percentile', 'mailjet')(expression, share)) }}
{% endmacro %}

{% macro default__mailjet_percentile(expression, share) %}
    {{ return('percentile_cont(' ~ share ~ ') within group (order by ' ~ expression ~ ')') }}
{% endmacro %}

{# BigQuery has the exact one for windows only. #}
{% macro bigquery__mailjet_percentile(expression, share) %}
    {{ return('approx_quantiles(' ~ expression ~ ', 100)[offset(' ~ ((share | float) * 100) | int ~ ')]') }}
{% endmacro %}


{# Whole seconds from one time to another, negative if the second is earlier. #}
{% macro mailjet_seconds(since, until) %}
    {{ return(dbt.datediff(since, until, 'second')) }}
{% endmacro %}


{# The day of an instant, and the whole part of a number, as texts. #}
{% macro mailjet_day_text(expression) %}
    {{ return('cast(cast(' ~ expression ~ ' as date) as ' ~ dbt.type_string() ~ ')') }}
{% endmacro %}

{% macro mailjet_whole_text(expression) %}
    {{ return('cast(cast(floor(' ~ expression ~ ') as ' ~ dbt.type_int() ~ ') as ' ~ dbt.type_string() ~ ')') }}
{% endmacro %}
