"""What becomes of events when something fails: every fault against every runner, counted against the sandbox's truth.

`python -m lab.proof` writes docs/reliability.md. The faults are rows of a table (`faults`), the runners are columns; a
run under a fault is followed by one without it from the last state, and both are counted together.
"""
