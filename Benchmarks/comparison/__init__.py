"""Measures Hookwire beside its peers: `script/bench` runs it.

`settings` says how long and how much, `servers` starts what is measured, `generator` loads it, `scenarios` holds one
file a question, `rounds` runs them in pairs, `results` keeps and adds up what came out, `document` and `plot` write it
down.
"""
