"""What every program of this project needs once. It knows no service and no platform.

`failure`: what stops a program, as one sentence and a kind. `origin`: addresses that a key may be sent to. `signals`:
SIGTERM and SIGINT as events. Read `failure` first: every other package raises it.
"""
