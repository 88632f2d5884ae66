"""The test range: simulates, publishes and scores. Knows the service; the service does not know it.

What lies where
    scenario, scenario_file               what a scenario may say, and how a file becomes one
    scenarios/                            the library: scenarios and the sites that they play at
    trajectory                            a flight as it is meant, and where a target truly is at any time
    rotorcraft, fixed_wing, birds         how each kind flies
    targets                               a scenario's actors, flown
    earth, chance                         our own WGS84, apart from the tracker's; one stream of chance a purpose
    looks, view, sensing                  when a sensor looks, what it could see, what it says
    radar, direction_finder, camera,
    cooperative                           how each kind errs
    publish, case                         the stream of messages: published as it comes, or written with its truth
    scoring/, outcomes                    tracks against truth, alerts against what was expected
    wire, simulate, demo, bench           onto a broker and back: the commands of those names

The path of one message
    scenario_file.load -> targets -> view -> detections -> scans -> publish.messages -> play | write_case
"""
