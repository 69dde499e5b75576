"""What drives a field: pictures, their phases, and the stores of these."""
