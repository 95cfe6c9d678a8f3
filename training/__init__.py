"""How the weights are made: encoder, fine-tuning, calibration, quantisation, export. Needs the `[train]` extra."""
