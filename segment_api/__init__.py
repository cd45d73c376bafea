"""Segment's HTTP API: the limits of a batch, its POST, its outcome, and the retries.

Read in the order in which a call travels: `limits` (all numbers), `call` and `exact_json` (a call as bytes), `packer`
(calls into batches), `workers` (threads that send them), `bisection` (a refused batch is halved), `retry` (when to try
again), `endpoint` (one POST), `outcome` (the meaning of an answer), `acknowledgement` (the calls that are settled).
"""
