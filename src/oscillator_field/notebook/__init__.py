"""Fields in Python and notebooks, without a workflow: simulate, measure, show."""
