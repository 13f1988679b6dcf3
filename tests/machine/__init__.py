"""The consent machine: people, administrators, CRM users and runs, in any order, watched by an oracle.

`oracle` keeps its own record of who said what, from the acts alone; it knows nothing of how rundbrief decides.
`watched_service` and `watched_crm` let it see every effect at the moment it happens; `at_rest` and `journal` say
what must be true afterwards. `world` opens, kills and reopens the files, with a `Side` for each service. `acts`
are the things that people do, and `troubles` what comes in the way of a run: people act at any request, too.
`rules` puts both in Hypothesis' hands, `small` makes pages and batches small, and `cases` says with which services
and CRMs.
"""
