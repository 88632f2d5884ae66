"""Texts of scenarios and sites, to put together."""

SITE = """\
[site]
name = "test"
latitude_deg = 48.8582
longitude_deg = 2.2945
ground_amsl_m = 33.0
geoid_undulation_m = 44.6
"""

RADAR = """\
[[sensor]]
id = "radar"
kind = "radar"
latitude_deg = 48.8482
longitude_deg = 2.2945
altitude_hae_m = 100.0
period_s = 0.5
accuracy = { range_m = 5.0, azimuth_deg = 0.5, elevation_deg = 0.7, radial_speed_mps = 0.4 }
detection_probability = 0.8
false_alarms_per_scan = 6
coverage = { azimuth_deg = [0, 360], elevation_deg = [-5, 40], range_m = [50, 6000] }
"""

HEAD = """\
name = "test"
site = "site.toml"
start = 2026-07-26T17:30:00Z
"""

DRONE = """\
[[actor]]
id = "drone"
kind = "multirotor"
speed_mps = 10
route = [
  { latitude_deg = 48.8582, longitude_deg = 2.2845, height_agl_m = 80 },
  { latitude_deg = 48.8582, longitude_deg = 2.3045, height_agl_m = 80 },
  { latitude_deg = 48.8682, longitude_deg = 2.3045, height_agl_m = 120 },
]
"""

FINDER = """\
[[sensor]]
id = "finder"
kind = "rf"
latitude_deg = 48.8482
longitude_deg = 2.2945
altitude_hae_m = 100.0
period_s = 0.5
accuracy = { azimuth_deg = 5.0 }
detection_probability = 0.7
false_alarms_per_scan = 0.5
coverage = { azimuth_deg = [0, 360], range_m = [0, 6000] }
"""

CAMERA = """\
[[sensor]]
id = "camera"
kind = "camera"
latitude_deg = 48.8482
longitude_deg = 2.2945
altitude_hae_m = 100.0
period_s = 0.2
accuracy = { azimuth_deg = 0.2, elevation_deg = 0.3 }
detection_probability = 0.8
false_alarms_per_scan = 0.2
coverage = { azimuth_deg = [300, 60], elevation_deg = [-10, 45], range_m = [20, 5000] }
"""

RECEIVERS = """\
[[sensor]]
id = "adsb"
kind = "adsb"
accuracy = { horizontal_m = 12.0, vertical_m = 15.0, velocity_mps = 1.0 }
coverage = { range_m = [0, 50000] }
[[sensor]]
id = "remote-id"
kind = "remote_id"
accuracy = { horizontal_m = 4.0, vertical_m = 6.0, velocity_mps = 0.5 }
coverage = { range_m = [0, 5000] }
"""
