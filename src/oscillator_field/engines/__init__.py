"""What computes the field: the model (`problem`), the engines by name (`registry`), and a module for each."""
