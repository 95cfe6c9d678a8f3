"""Labelled passages and predictions: formats, reading, checking, description, agreement between annotators."""
