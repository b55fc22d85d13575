"""benchmarks owns the measurements: each against its peers, interleaved in one run, reported as ratios of medians."""
