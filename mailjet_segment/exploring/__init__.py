"""Messages and events in one HTML file, to drag, pivot and chart offline, without anybody's address.

Read `command` first. `views` says what can be looked at, `addresses` takes addresses out, `rendering` makes the page of
`page/`; `make explore-bundle` makes the script in it, which is Perspective with its WebAssembly.
"""
