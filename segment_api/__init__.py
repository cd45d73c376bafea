"""Segment's HTTP API: what fits into a batch, how one is posted, what came of it, and when to try again.

Read in the order in which a call travels: `limits` (all numbers), `call` and `exact_json` (a call as bytes), `packer`
(calls into batches), `workers` (threads that send them), `bisection` (a refused batch is halved), `retry` (when to try
again), `endpoint` (one POST), `outcome` (what the answer means), `acknowledgement` (up to where outcomes are known).
"""
