"""The journal's migrations, applied when it is opened."""
