"""One file a step. Each names the one before it."""
