"""What is made of histories: observables, tables of a study, points in a plane."""
