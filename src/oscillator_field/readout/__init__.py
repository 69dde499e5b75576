"""What the field knows: classifiers on its state, beside the same classifiers on what it was given.

arms        what is compared: pixels, input phases, and the field at each time
images      sets of pictures: training, augmented, test, corrupted
fields      the course of the field over a set, in shards
features    what a classifier sees of an arm
classifiers logistic regression, nearest neighbours, nearest centroid (scikit-learn)
network     a small network (torch)
predictions what a classifier said, stored; accuracies and confusions come from it alone
"""
