"""The command `mailjet-segment`: both connectors without Airbyte, and a place to try them without an account."""
