"""Lets the peers, whose waits cannot be configured, sleep a fiftieth of what they mean to. Python imports it first."""

import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(float(seconds) / 50)
