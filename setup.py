from tempfile import TemporaryDirectory

from setuptools import setup

# Not in build/: what an earlier build left there would get into the wheel.
with TemporaryDirectory() as fresh:
    setup(options={"build": {"build_base": fresh}})
