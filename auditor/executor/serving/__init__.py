"""The backup service for other machines: signatures verified, metrics, logs, a graceful stop.

credentials.py  the keys that may sign, each mapped to an account
sigv4.py        requests verified as AWS does, and each signature taken once
native.py       drivers on the accounts' own APIs
worker.py       what is due, account by account, with one log line a job
notifier.py     topics of SNS are told
metrics.py      Prometheus
application.py  health, metrics and the API in one WSGI application
"""
