"""Files in their own formats -> canonical text, passages, anchors, metadata, warnings."""
