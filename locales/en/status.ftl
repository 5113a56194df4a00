# Where a top-up stands.
status-open = open
status-collecting = pending
status-paid = posted
status-failed = failed
status-expired = not paid
status-review = under review
