"""The consent machine: people, administrators, CRM users and runs, in any order, watched by an oracle.

`oracle` keeps its own record of who said what, from the acts alone; it knows nothing of how rundbrief decides.
`service` and `watched_crm` let it see every effect at the moment it happens. `world` opens, kills and reopens
the files. `acts` are the things that people do. `rules` puts them in Hypothesis' hands.
"""
