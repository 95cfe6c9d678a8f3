"""How good the tagger is: metrics with intervals, calibration, thresholds, the linear baseline, reports with plots."""
