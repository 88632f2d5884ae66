"""The async edge: messages in, messages out."""
