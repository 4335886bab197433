"""Trains treefill's own fill-in-the-middle model, one module per stage."""
