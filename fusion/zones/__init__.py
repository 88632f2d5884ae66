"""Decides who may fly where, and what deserves an alert. Pure: no clock, no wire, no log.

The way of a track: `ed318.parse_zones` and `permits.parse_register` read what people publish, `zones.ZoneSet` lays it into
the site's grid, `rules.assess` finds what of a TrackTable deserves an alert, `alerts.Alerts` lives its life.
"""
