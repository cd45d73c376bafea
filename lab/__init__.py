"""For who works on this: `benchmarks` measures, `proof` runs every fault, `fuzz` feeds random inputs."""
