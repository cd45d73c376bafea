"""Stand-ins for Mailjet's REST API and Segment's tracking API, as real HTTP servers over one made-up account.

A witness for whoever reads Mailjet or writes to Segment: built from what the two document, it imports neither of the
connectors that it judges, and says what truly happened.
"""
