"""Answers that need no simulation: what a simulator is held to, and first estimates of its own.

One law or formula a file. Times are in seconds, volatilities annual [1/sqrt(year)] with a year of
8760 hours, drifts of the price per year, losses positive.
"""
