"""Fixed-point scales that more than one room counts in."""

BPS = 10**4
PPM = 10**6
WAD = 10**18
RAY = 10**27
