"""A field that learns: its couplings, its drive and what reads it, trained by gradient, beside its controls.

arms        what is trained: sizes, and controls that leave a part out; pure
model       the field as a layer of torch
controls    the networks that a learned field is held against
augment     pictures turned, scaled and shifted, a batch at a time
fitting     a model trained on a set of pictures
weights     the store of what was learned
evaluation  what a model says of test pictures, of damaged ones, after more steps, under attack
results     evaluations side by side, as a table
history     the course of learned fields, in the store that every run has
"""
