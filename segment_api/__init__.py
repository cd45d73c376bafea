"""Segment's HTTP API: what fits into a batch, how one is posted, what came of it, and when to try again."""
