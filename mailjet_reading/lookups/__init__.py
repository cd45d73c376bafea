"""What surrounds an event (message, campaign, contact, user id), looked up in as few requests as it takes."""
