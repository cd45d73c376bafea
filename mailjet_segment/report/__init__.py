"""`mailjet-segment report`: one HTML file that answers what became of the emails.

Read `command` first, then `content`, which asks the models for everything that the page shows, section by section
(`totals`, `campaigns`, `providers`, `clock`, `links`, `bounces`, `people`, `freshness`, `conversions`). `rendering`
makes the page of it, with the template, the style and the script in the folder `page`. No rate is defined here: each
comes from a model's column, or from the conditions of `metrics.yml`.
"""
