{{ config(materialized=var('mailjet_staging_materialized', 'view')) }}

{{ mailjet_stage('email_unsubscribed', 'unsubscribed') }}
