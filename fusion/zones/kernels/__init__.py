"""What is asked of each track and each of its futures, compiled (`fusion.compiling`)."""

from fusion.zones.kernels.foreseeing import entry_times, forecast, futures
from fusion.zones.kernels.meeting import meet
from fusion.zones.kernels.nearing import distances

__all__ = ["distances", "entry_times", "forecast", "futures", "meet"]
