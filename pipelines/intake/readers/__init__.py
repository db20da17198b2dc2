"""One reader per file format, each a short file with the same function `read`.

Belongs here: `read(extract, fmt, raw)`, which hands the header and every row to `raw` as text.
Not here: what all formats share (pipelines.intake.raw), which reader to take
(pipelines.intake.extract).
"""
