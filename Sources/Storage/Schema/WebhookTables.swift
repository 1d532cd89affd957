/// What the queue of events needs besides the event itself: when it may be tried again.
enum WebhookTables {
  static let statements: [String] = [
    "ALTER TABLE buildium_webhook_events ADD COLUMN run_after TEXT",
    """
    CREATE INDEX buildium_webhook_events_waiting ON buildium_webhook_events (created_at, id)
      WHERE processed = 0
    """,
  ]
}
