"""Speed and scale, measured as ratios in one run: never part of the tests.

Belongs here: generators of large studies, the floor, the peers, the measuring. Not here: anything
the pipeline imports.
"""
