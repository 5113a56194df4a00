# Webhooks to others.
endpoint-lead = We report events to your systems, signed according to Standard Webhooks.
endpoint-add = Add webhook
endpoint-create = Add and show secret
endpoint-none = No webhooks yet
endpoint-none-body = Add an address that shall hear of top-ups and low balances.
endpoint-table = Webhooks with events and state
endpoint-too-many = More than { $most } webhooks are not possible. Please change an existing one.
endpoint-url = Address
endpoint-url-hint = Begins with https:// and can be reached from the internet.
endpoint-url-missing = Enter an address.
endpoint-url-too-long = The address is too long. 500 characters are possible.
endpoint-url-unreadable = This is not a valid address. Write it like this: https://example.com/webhooks
endpoint-url-not-https = The address must begin with https://.
endpoint-url-private = This address belongs to an internal network. Use one that can be reached from the internet.
endpoint-description = Description
endpoint-description-hint = Optional, only for you.
endpoint-description-bad = The description may have 100 characters at most.
endpoint-events = Events
endpoint-events-missing = Choose at least one event.
endpoint-settings = Settings
endpoint-active = Send events
endpoint-save = Save
endpoint-secret = Signing secret
endpoint-secret-new = New signing secret
endpoint-secret-once = Copy the secret now
endpoint-secret-once-body = It is shown only this once. Whoever knows it can forge events.
endpoint-secret-use = Use it to check the header “webhook-signature” of every message.
endpoint-secret-previous = Until { $moment } we sign with the previous secret as well.
endpoint-secret-done = Secret saved, continue
endpoint-secret-made = Created
endpoint-secret-old = Previous one
endpoint-secret-old-until = still valid until { $moment }
endpoint-rotate = Create new secret
endpoint-rotate-body = The present secret stays valid for another 24 hours, so that you can change without interruption.
endpoint-test = Send test event
endpoint-state-fine = active
endpoint-state-failing = unreachable
endpoint-state-off = switched off
endpoint-notice-failing = Nothing has arrived since { $moment }
endpoint-notice-failing-body = We keep trying. After five days without success we switch the webhook off and write to you.
endpoint-notice-off = Switched off { $moment }
endpoint-notice-given-up = Switched off { $moment }, after nothing had arrived for five days
endpoint-notice-gone = Switched off { $moment }: the other side answered that this address is gone for good
endpoint-notice-off-body = Nothing is sent any more. Tick “Send events” below to switch the webhook on again.
endpoint-done-saved = Saved
endpoint-done-test = The test event is on its way. The result appears in the log in a few seconds.
endpoint-done-retry = The event is sent again.
endpoint-log = Log
endpoint-log-note = 90 days
endpoint-log-table = Sent events, newest first
endpoint-log-none = Nothing sent yet
endpoint-log-none-body = Send a test event to check the connection.
endpoint-event = Event
endpoint-answer = Answer
endpoint-retry = Send again

event-balance-low = Balance low
event-balance-depleted = Balance used up
event-topup-settled = Top-up credited
event-topup-failed = Top-up failed
event-invoice-issued = Invoice issued
event-payout-paid = Commission paid out

delivery-waiting = waiting
delivery-delivered = delivered
delivery-failed = failed
delivery-status = Status { $status }
delivery-attempts = { $attempts ->
    [0] no attempt yet
    [one] 1 attempt
   *[other] { $attempts } attempts
  }
delivery-next = next one { $moment }

# Why an attempt failed.
attempt-no-address = The name of the other side is unknown
attempt-private-address = The address belongs to an internal network
attempt-connect = No connection or no valid certificate
attempt-timeout = No answer within 5 seconds
attempt-protocol = The other side does not speak HTTP
attempt-redirect = Redirects are not followed
attempt-status = Not confirmed
attempt-off = Not sent, because the webhook was switched off
