"""`mailjet-segment init`: from keys to tested configuration files.

Read `command` first. `questions` asks, or does not (`--no-input`); `user_id` finds the
contact property; `files` writes.
"""
