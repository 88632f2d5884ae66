"""Scores: what a replay made of a recording, judged by the truth. docs/scoring.md gives every definition with its source.

What lies where
    reading              tracks and truth from their files, in the site's east, north, up
    scene                both on one time grid, and who is near whom at each step
    assign, pairing      the best one-to-one matching; truths and tracks paired at each step
    gospa, ospa, ospa2   distances between sets
    siap, clear_mot,
    identity             the air picture's attributes, tracking as vision judges it, who was called what for how long
    errors, times        how far off and how honestly; how soon, how unbroken, how fresh
    entries              how soon an alert follows a target's entry into a zone
    eyes                 what a configured sensor would measure of a place
    residuals, bound     what the sensors were off by; what no tracker could do better
    courageous, ed87e    the tables of CWA 18150 and the rows of ED-87E
    score, judgement     the first figures; all of them
    batch                over seeds, with intervals; two runs compared
    command, words       `vigie score` and its lines
    page, sheets, plan,
    charts, drawing      the report: its tables, its map, its other views; SVG
    style.css, pictures  its colours, light, dark and printed; PNGs
"""
