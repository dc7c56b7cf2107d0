"""The group (konserni): the tenant, and the directory that finds it."""
