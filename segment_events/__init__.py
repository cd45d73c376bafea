"""What a source of email events and a destination for track calls share: kinds, calls, rows, message ids, instants.

Standard library only; imports none of its users, so that either connector can be shipped without the other.
"""
