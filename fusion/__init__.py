"""Vigie: one picture of the low sky, from what radars, direction finders, cameras and broadcasts report over MQTT.

What lies where
    messages, topics, errors      the contract: every record, every topic, every way to say no
    config, config_file           the configuration tree, and how a file becomes one
    frame                         WGS84 to and from the site's projected frame; each sensor's horizon
    tracking                      pure: estimates where everything is, and how sure that is
    zones                         pure: decides who may fly where, and what deserves an alert
    pipeline                      pure: Pipeline.feed(Input) -> list[Output], everything above in order
    recording, replay, playback   what the core was fed, on disk and back through the core, from anywhere
    journal, transport, console   the edge: the durable book, the wire, the operator's screen
    metrics, service, __main__    composition, and the command line
    client                        what integrators import: tracks and alerts as records
    (beside it) sensors           adapters: what each sensor says, turned into Scans
    (beside it) simulators        the test range

The path of one detection
    Pipeline.feed -> Adapter.decode -> Timeline.insert -> Tracker.step -> rules.assess -> Alerts.update
    -> Journal.write -> Outbox.put
    (before it: transport.listen into the Inbox, Keeper.append onto the disk; after it: transport.publish to the broker)
"""

__version__ = "0.1.0"
