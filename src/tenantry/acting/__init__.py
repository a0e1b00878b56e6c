"""What every write shares: one transaction, the acting membership proven, permission, idempotency, audit, outbox."""
