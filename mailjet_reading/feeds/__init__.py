"""The five listings that events come from, and how each is planned and read."""
