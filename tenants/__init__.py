"""The domain of Seloste: no HTTP, HTML, Dramatiq or Redis in it.

The floors, bottom to top; imports run down only, neighbours on a floor do not import each other:

1. settings, languages, errors, acting, base, database, groups, together
2. audit, jobs, vault
3. companies
4. registers
5. consents, ledger
6. sharing
7. exports
8. requests
9. manifests, sameness, migrations
10. reminding
11. life
"""
