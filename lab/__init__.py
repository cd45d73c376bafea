"""What measures and tries the programs; no program imports it.

`benchmarks`: requests, speed and memory (`make bench`). `proof`: every fault against every program (`make proof`).
`fuzz`: random input for all that is read from outside (`make fuzz`). `reading_ease`: figures of how the code reads.
"""
