"""The fault matrix: every fault, at every kind of request, of every service and of the CRM, and what comes of it.

A *cell* is one kind of request that meets one fault, once or for ever, in a job that sends it; see `matrix`.
"""
