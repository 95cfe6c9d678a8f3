"""From glyphs on pages to blocks in reading order; `readers.pdf` calls it, one module a step.

glyphs (words) -> furniture (running heads out) -> lines (columns, rows) -> notes, paragraphs -> flow (text, runs).
"""
