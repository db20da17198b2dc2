"""A made-up extract of the mayors survey, delivered the way a polling institute delivers one.

Belongs here: drawing communes, weighting them, inventing answers that reproduce the few published
figures, writing the extract and its sidecar. Not here: reading or judging an extract (pipelines):
this tool is no part of the pipeline, which treats its output like any delivery.
No row describes a real mayor: answers are drawn from region and size class alone.
"""
