"""Animations of a run: views say what is shown (`phase`, `spikes`, `trajectory`), painters put it into a file."""
