"""Machines: every action of a contract, in order, with accrual and refusal, to the unit.

A machine holds sequence and time; all arithmetic is in `seawall.rules`.
"""
