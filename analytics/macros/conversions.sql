{# The columns of the table of conversions by their names in lower case. It must be there, with an id, a user and a time. #}
{% macro mailjet_conversion_columns(relation) %}
    {%- set there = mailjet_columns_there(relation) -%}
    {%- if execute -%}
        {%- if not there -%}
            {{ exceptions.raise_compiler_error(
                'There is no table ' ~ relation ~ ': mailjet_conversions and mailjet_conversions_schema name it.'
            ) }}
        {%- endif -%}
        {%- for what in ['id', 'user', 'time'] -%}
            {%- set name = var('mailjet_conversion_' ~ what) -%}
            {%- if name | lower not in there -%}
                {{ exceptions.raise_compiler_error(
                    relation ~ ' has no column ' ~ name ~ ': name the right one in mailjet_conversion_' ~ what ~ '.'
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(there) }}
{% endmacro %}
