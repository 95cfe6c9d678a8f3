"""What tags: encoder, heads, calibration, aggregation; the shipped weights lie in `shipped/`."""
