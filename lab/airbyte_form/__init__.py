"""The forms that Airbyte's web app draws of our specifications, without Airbyte.

`layout` says which fields a form shows, in which order, and which it folds away. `rules` judges a specification by that
and by what Airbyte asks of titles and descriptions; the tests hold both specifications against it. `page` draws a form
as HTML, so that somebody can look at it: `python -m lab.airbyte_form FOLDER` writes a page for each connector.
Read them in this order.

Source: the code of Airbyte's web app, as of August 2026 (`schemaToFormBlock`, the sections of its connector form).
"""
