"""Births from bearings: two sensors' rays that cross."""
class Crossings:
    def find(self, *a): return None
