"""Mailjet's REST API: how it is asked within a budget, what its answers mean, its listings and the rows in them."""
