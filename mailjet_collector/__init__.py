"""The collector: takes the posts of Mailjet's Event API, keeps them, and hands the events to Segment and to readers.

Read `config` first, then `server` (a post's way in), `group_commit` (when it is answered) and `collector` (start
and end of all parts). One leader an account does all that follows: `leading`.
"""
