"""Fuzzing of all that is read from outside: Mailjet's answers, states, configurations, the destination's input.

`make fuzz` runs it; what was found worth keeping is in `corpus/`, a folder for each target, and is part of the tests.
"""
