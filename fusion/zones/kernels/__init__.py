"""What is asked of each of a track's futures, compiled (`fusion.compiling`)."""

from fusion.zones.kernels.foreseeing import entry_times, forecast, futures

__all__ = ["entry_times", "forecast", "futures"]
