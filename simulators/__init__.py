"""The test range: simulates, publishes and scores. Knows the service; the service does not know it."""
