"""The domain of Seloste: no HTTP, HTML, Dramatiq or Redis in it.

The floors, bottom to top; imports run down only, neighbours on a floor do not import each other:

1. settings, languages, errors, acting, outside, base, database, groups, together
2. audit, jobs, vault
3. companies
4. registers
5. processors, consents
6. ledger
7. sharing
8. exports, feeds
9. requests
10. manifests, sameness, clients, migrations
11. opendsr
12. reminding
13. life
"""
