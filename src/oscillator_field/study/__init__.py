"""What a config asks for: runs and jobs, checks, plans, and the code that decides a result."""
