"""The domain of Seloste: no HTTP, HTML, Dramatiq or Redis in it.

The floors, bottom to top; imports run down only, neighbours on a floor do not import each other:

1. settings, languages, law_sets, errors, acting, outside, base, database, groups, together
2. audit, jobs, vault
3. companies
4. registers
5. processors, consents
6. ledger
7. sharing
8. exports, feeds
9. authorities, webhooks
10. requests, deliveries
11. manifests, sameness, clients, notifying, migrations
12. opendsr, contacts
13. reminding
14. life
"""
