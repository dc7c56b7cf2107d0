"""Who else handles the group's data: processors and other recipients, what was agreed with them, and whether it holds.

One organisation is known once to all companies of the group. An agreement is one company's own.
"""
