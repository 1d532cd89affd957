/// Connections, calls, caches and events of the services; people and their roles.
///
/// The names are those of seeds S0 and S3.
enum IntegrationTables {
  static let statements: [String] = [
    """
    CREATE TABLE organisations (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      currency TEXT NOT NULL DEFAULT 'USD' CHECK (length(currency) = 3),
      ap_gl_account_id TEXT REFERENCES gl_accounts(id),
      created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE users (
      id TEXT NOT NULL PRIMARY KEY,
      organisation_id TEXT NOT NULL REFERENCES organisations(id),
      name TEXT NOT NULL UNIQUE,
      role TEXT NOT NULL CHECK (role IN ('viewer', 'manager', 'accountant', 'admin')),
      approval_limit INTEGER,
      is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
      created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE property_manager_connections (
      id TEXT NOT NULL PRIMARY KEY,
      user_id TEXT REFERENCES users(id),
      provider TEXT NOT NULL,
      provider_user_id TEXT,
      -- Sealed: the credentials themselves, whatever their form.
      access_token BLOB NOT NULL,
      refresh_token BLOB,
      token_expires_at TEXT,
      scopes TEXT CHECK (scopes IS NULL OR json_valid(scopes)),
      status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'expired', 'revoked')),
      last_sync_at TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX property_manager_connections_provider\n"
      + "  ON property_manager_connections (provider) WHERE status = 'active'",
    """
    CREATE TABLE property_manager_mappings (
      id TEXT NOT NULL PRIMARY KEY,
      connection_id TEXT NOT NULL REFERENCES property_manager_connections(id),
      provider_property_id TEXT NOT NULL,
      provider_property_address TEXT,
      property_id TEXT REFERENCES properties(id),
      auto_sync INTEGER NOT NULL DEFAULT 1 CHECK (auto_sync IN (0, 1)),
      metadata TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      UNIQUE (connection_id, provider_property_id)
    ) STRICT
    """,
    """
    CREATE TABLE property_manager_sync_logs (
      id TEXT NOT NULL PRIMARY KEY,
      connection_id TEXT NOT NULL REFERENCES property_manager_connections(id),
      sync_type TEXT NOT NULL CHECK (sync_type IN ('full', 'incremental', 'manual')),
      status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
      items_synced INTEGER NOT NULL DEFAULT 0,
      transactions_created INTEGER NOT NULL DEFAULT 0,
      errors TEXT CHECK (errors IS NULL OR json_valid(errors)),
      started_at TEXT NOT NULL,
      completed_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE buildium_sync_status (
      id TEXT NOT NULL PRIMARY KEY,
      entity_type TEXT NOT NULL,
      entity_id TEXT NOT NULL,
      buildium_id INTEGER,
      last_synced_at TEXT,
      sync_status TEXT NOT NULL CHECK (sync_status IN ('pending', 'synced', 'failed')),
      error_message TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      UNIQUE (entity_type, entity_id)
    ) STRICT
    """,
    "CREATE INDEX idx_buildium_sync_entity ON buildium_sync_status (entity_type, entity_id)",
    "CREATE INDEX idx_buildium_sync_status ON buildium_sync_status (sync_status)",
    """
    CREATE TABLE buildium_api_cache (
      id TEXT NOT NULL PRIMARY KEY,
      endpoint TEXT NOT NULL,
      parameters TEXT NOT NULL CHECK (json_valid(parameters)),
      response_data TEXT NOT NULL CHECK (json_valid(response_data)),
      expires_at TEXT NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      UNIQUE (endpoint, parameters)
    ) STRICT
    """,
    "CREATE INDEX idx_buildium_cache_endpoint ON buildium_api_cache (endpoint)",
    "CREATE INDEX idx_buildium_cache_expires ON buildium_api_cache (expires_at)",
    """
    CREATE TABLE buildium_webhook_events (
      id TEXT NOT NULL PRIMARY KEY,
      -- Buildium gives none; made from the content, so that a repeated delivery is one event.
      event_id TEXT NOT NULL UNIQUE,
      event_type TEXT NOT NULL,
      event_data TEXT NOT NULL CHECK (json_valid(event_data)),
      processed INTEGER NOT NULL DEFAULT 0 CHECK (processed IN (0, 1)),
      processed_at TEXT,
      error_message TEXT,
      retry_count INTEGER NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
      max_retries INTEGER NOT NULL DEFAULT 8,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idx_webhook_events_type ON buildium_webhook_events (event_type)",
    "CREATE INDEX idx_webhook_events_processed ON buildium_webhook_events (processed, created_at)",
    apiLog("buildium_api_log"), "CREATE INDEX buildium_api_log_at ON buildium_api_log (created_at)",
    apiLog("airtable_api_log"), "CREATE INDEX airtable_api_log_at ON airtable_api_log (created_at)",
    // How many calls were made in a month: the log itself is cut back.
    """
    CREATE TABLE api_call_counts (
      service TEXT NOT NULL,
      month TEXT NOT NULL,
      calls INTEGER NOT NULL,
      PRIMARY KEY (service, month)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
      text TEXT NOT NULL,
      hint TEXT NOT NULL DEFAULT '',
      record_key TEXT
    ) STRICT
    """,
    // The service's own text of each record, secrets masked. The rows are long: kept in the order they
    // come, beside their key, they take a third of the room.
    """
    CREATE TABLE source_records (
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      remote_id TEXT NOT NULL,
      body TEXT NOT NULL,
      received_at TEXT NOT NULL,
      PRIMARY KEY (service, resource, remote_id)
    ) STRICT
    """,
    // Lists of links as the service gave them; those that mean a table of their own stand there too.
    """
    CREATE TABLE record_links (
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      field TEXT NOT NULL,
      target_key TEXT NOT NULL,
      PRIMARY KEY (resource, local_id, field, target_key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX record_links_target ON record_links (target_key)",
    // A link whose other end is not here yet, or never will be.
    """
    CREATE TABLE unresolved_references (
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      -- The place of the line within its record; -1 for the record itself.
      position INTEGER NOT NULL,
      field TEXT NOT NULL,
      target_key TEXT NOT NULL,
      PRIMARY KEY (resource, local_id, position, field)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX unresolved_references_target ON unresolved_references (target_key)",
  ]

  private static func apiLog(_ table: String) -> String {
    """
    CREATE TABLE \(table) (
      id TEXT NOT NULL PRIMARY KEY,
      endpoint TEXT NOT NULL,
      method TEXT NOT NULL,
      request_data TEXT,
      response_status INTEGER,
      response_data TEXT,
      error_message TEXT,
      duration_ms INTEGER NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT
    """
  }
}
