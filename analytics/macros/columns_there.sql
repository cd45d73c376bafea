{# The columns of a table by their names in lower case; none if there is no such table. #}
{% macro mailjet_columns_there(relation) %}
    {%- set there = {} -%}
    {%- if execute and load_relation(relation) is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do there.update({column.name | lower: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(there) }}
{% endmacro %}
