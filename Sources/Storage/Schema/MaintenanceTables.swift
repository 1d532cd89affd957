/// Tasks, their history and work orders.
///
/// The names are those of the users' own schema (seed S0) where it has the table; amounts are
/// minor units, dates `YYYY-MM-DD`, instants RFC 3339 text in UTC.
enum MaintenanceTables {
  static let statements: [String] = [
    """
    CREATE TABLE task_categories (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_category_id INTEGER UNIQUE,
      name TEXT,
      is_system_category INTEGER CHECK (is_system_category IN (0, 1)),
      description TEXT,
      color TEXT,
      is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE tasks (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_task_id INTEGER UNIQUE,
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      lease_id INTEGER REFERENCES leases(id),
      task_type TEXT,
      subject TEXT,
      description TEXT,
      priority TEXT,
      status TEXT,
      assigned_to TEXT,
      requested_by TEXT,
      due_date TEXT CHECK (due_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      task_category_id TEXT REFERENCES task_categories(id),
      category TEXT,
      sub_category TEXT,
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      estimated_cost INTEGER,
      actual_cost INTEGER,
      scheduled_date TEXT,
      completed_date TEXT,
      notes TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE task_history (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_history_id INTEGER UNIQUE,
      task_id TEXT REFERENCES tasks(id),
      status TEXT,
      priority TEXT,
      notes TEXT,
      assigned_to TEXT,
      created_by TEXT,
      due_date TEXT CHECK (due_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      completed_date TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE task_history_files (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_file_id INTEGER UNIQUE,
      task_history_id TEXT REFERENCES task_history(id),
      file_name TEXT,
      file_type TEXT,
      physical_file_name TEXT,
      file_size INTEGER,
      uploaded_at TEXT,
      file_url TEXT,
      description TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE work_orders (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_work_order_id INTEGER UNIQUE,
      task_id TEXT REFERENCES tasks(id),
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      vendor_id TEXT REFERENCES vendors(id),
      subject TEXT,
      description TEXT,
      entry_notes TEXT,
      vendor_notes TEXT,
      priority TEXT,
      status TEXT,
      entry_allowed TEXT,
      invoice_number TEXT,
      chargeable_to TEXT,
      due_date TEXT CHECK (due_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      actual_cost INTEGER,
      assigned_to TEXT,
      estimated_cost INTEGER,
      scheduled_date TEXT,
      completed_date TEXT,
      category TEXT,
      notes TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE work_order_lines (
      id INTEGER PRIMARY KEY,
      work_order_id TEXT NOT NULL REFERENCES work_orders(id),
      position INTEGER NOT NULL,
      gl_account_id TEXT REFERENCES gl_accounts(id),
      quantity TEXT,
      unit_price TEXT,
      memo TEXT,
      UNIQUE (work_order_id, position)
    ) STRICT
    """,
    """
    CREATE INDEX idx_tasks_property ON tasks (property_id)
    """,
    """
    CREATE INDEX idx_tasks_unit ON tasks (unit_id)
    """,
    """
    CREATE INDEX idx_tasks_status ON tasks (status)
    """,
    """
    CREATE INDEX idx_tasks_priority ON tasks (priority)
    """,
    """
    CREATE INDEX idx_tasks_assigned ON tasks (assigned_to)
    """,
    """
    CREATE INDEX task_history_task ON task_history (task_id)
    """,
    """
    CREATE INDEX task_history_files_history ON task_history_files (task_history_id)
    """,
    """
    CREATE INDEX idx_work_orders_property ON work_orders (property_id)
    """,
    """
    CREATE INDEX idx_work_orders_unit ON work_orders (unit_id)
    """,
    """
    CREATE INDEX idx_work_orders_status ON work_orders (status)
    """,
    """
    CREATE INDEX work_orders_task ON work_orders (task_id)
    """,
  ]
}
